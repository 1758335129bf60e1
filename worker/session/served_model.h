// A loaded model as the pipeline sees it: text to token ids and back, and requests to completions.
#ifndef ASSAY_WORKER_SESSION_SERVED_MODEL_H_
#define ASSAY_WORKER_SESSION_SERVED_MODEL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "worker/engine/request.h"

namespace assay {

struct EngineStatistics;

// Text to token ids and back. Thread-safe.
class TextCodec {
 public:
  virtual ~TextCodec() = default;
  // With the special tokens that the model's tokenizer adds (a BOS, say).
  virtual absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text) const = 0;
  // The text's own tokens alone.
  virtual absl::StatusOr<std::vector<int32_t>> EncodePlain(absl::string_view text) const = 0;
  // The model's chat template around one message of the user, after one of the system where that is
  // not empty, up to where the assistant's answer begins. An error: the model has no template, or
  // none that takes these messages.
  virtual absl::StatusOr<std::string> RenderChat(absl::string_view system,
                                                 absl::string_view user) const = 0;
  // nullopt when the tokenizer names none.
  virtual std::optional<int32_t> bos_token_id() const = 0;
  // Whether what the model says is a text of its own, an encoder-decoder's, and not the
  // continuation of the prompt.
  virtual bool answers_apart() const { return false; }
  // Special tokens are skipped.
  virtual absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids) const = 0;
};

// The codec may be used by any thread, the other methods (Engine's, which see) by one thread only.
class ServedModel {
 public:
  virtual ~ServedModel() = default;
  virtual const TextCodec& codec() const = 0;
  // The tokens that end a generation.
  virtual const std::vector<int32_t>& stop_token_ids() const = 0;

  virtual absl::Status Submit(Request request) = 0;
  virtual void Cancel(uint64_t id) = 0;
  virtual bool HasWork() const = 0;
  virtual absl::Status Step(std::vector<Completion>* finished) = 0;
  // Makes the engine anew, without any request, after Step has failed. An error: the model is of no
  // use any more.
  virtual absl::Status ResetEngine() = 0;
  // Of the engine as it is now; null where there is none to be told of.
  virtual const EngineStatistics* statistics() const { return nullptr; }
};

class ModelLoader {
 public:
  virtual ~ModelLoader() = default;
  // ResourceExhausted: the machine lacks the memory. Any other error: the files cannot be run as
  // they are.
  virtual absl::StatusOr<std::unique_ptr<ServedModel>> Load(const ModelSpec& spec,
                                                            Precision precision) = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SERVED_MODEL_H_
