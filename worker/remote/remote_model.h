// Has an endpoint answer items.
#ifndef ASSAY_WORKER_REMOTE_REMOTE_MODEL_H_
#define ASSAY_WORKER_REMOTE_REMOTE_MODEL_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/run_settings.h"
#include "worker/remote/cancellation.h"
#include "worker/remote/endpoint_client.h"
#include "worker/remote/openai_messages.h"
#include "worker/remote/remote_items.h"

namespace assay {

// Thread-safe.
class RemoteModel {
 public:
  // `client` must outlive the model.
  RemoteModel(const ModelSpec& spec, EndpointClient* client) : spec_(spec), client_(client) {}

  // A prediction for each of the run's samples. One request may bring several samples: its first
  // one then carries the tokens of all. Where the item cannot be answered, that is the predictions'
  // error, and the tokens are those that were spent on it. FailedPrecondition: the run cannot be
  // done, and why. Cancelled.
  absl::StatusOr<std::vector<Prediction>> Answer(const RemoteItem& item,
                                                 const ProtocolSpec& protocol,
                                                 const RunSettings& settings,
                                                 const Cancellation& cancellation);

 private:
  // One item under way.
  struct Question {
    const RemoteItem& item;
    const ProtocolSpec& protocol;
    const RunSettings& settings;
    const Cancellation& cancellation;
    ItemTime time;
    // Spent so far, as the endpoint counts; estimated where it does not tell.
    int64_t prompt_tokens = 0;
    int64_t cached_tokens = 0;
    int64_t generated_tokens = 0;
  };

  absl::StatusOr<std::vector<Prediction>> Generate(Question* question);
  absl::StatusOr<GenerateAnswer> AskToGenerate(const GenerateQuestion& asked, Question* question);
  absl::StatusOr<std::vector<Prediction>> ScoreChoices(Question* question);
  absl::StatusOr<double> ScoreChoice(const RemotePrompt& prompt, const std::string& choice,
                                     Question* question);
  // Counts an answer's tokens, at the rate limiter too.
  void Count(const Usage& usage, absl::string_view sent, absl::string_view written,
             int64_t estimated, Question* question);

  const ModelSpec spec_;
  EndpointClient* const client_;
  std::atomic<bool> completion_tokens_{false};  // see GenerateQuestion
};

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_REMOTE_MODEL_H_
