// Text to token ids and back: what tokenizers of different origin have in common.
#ifndef ASSAY_WORKER_TOKENIZER_TOKEN_CODEC_H_
#define ASSAY_WORKER_TOKENIZER_TOKEN_CODEC_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace assay {

// See Tokenizer for the contracts. Thread-safe.
class TokenCodec {
 public:
  virtual ~TokenCodec() = default;
  virtual absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text,
                                                      bool add_special_tokens) const = 0;
  virtual absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids,
                                             bool skip_special_tokens) const = 0;
  virtual std::optional<int32_t> TokenToId(absl::string_view token) const = 0;
  virtual int64_t vocabulary_size() const = 0;
  // Of a canonical form.
  virtual const std::string& digest() const = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKEN_CODEC_H_
