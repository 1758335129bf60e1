// OpenAI's protocol as far as evaluations need it: requests as JSON, and what their answers say.
// No network, no state.
#ifndef ASSAY_WORKER_REMOTE_OPENAI_MESSAGES_H_
#define ASSAY_WORKER_REMOTE_OPENAI_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/prediction.h"
#include "common/domain/remote_endpoint.h"
#include "common/domain/run_settings.h"

namespace assay {

// What an endpoint is asked to write.
struct GenerateQuestion {
  std::string system_prompt;  // of the chat API; empty: none
  std::string prompt;
  int max_tokens = 0;
  SamplingSettings sampling;
  int samples = 1;   // that this one request asks for
  int64_t seed = 0;  // of the first
  // Newer models of OpenAI's refuse max_tokens and take max_completion_tokens in its place.
  bool completion_tokens = false;
};

// What the endpoint counted; nullopt where it does not tell.
struct Usage {
  std::optional<int64_t> prompt_tokens;
  std::optional<int64_t> cached_tokens;
  std::optional<int64_t> generated_tokens;
};

struct WrittenText {
  std::string text;
  FinishReason finish_reason = FinishReason::kStop;
};
struct GenerateAnswer {
  std::vector<WrittenText> samples;  // at least one
  Usage usage;
};

// A text, token by token, as the endpoint echoed it.
struct EchoAnswer {
  std::string text;  // the prompt and what was written after it
  std::vector<std::string> tokens;
  std::vector<std::optional<double>> logprobs;  // one for each token; the first one has none
  std::vector<int64_t> text_offsets;            // as many, in characters; empty where it gives none
  Usage usage;
};

// What is appended to the endpoint's URL.
absl::string_view RequestPath(RemoteApi api);

std::string GenerateRequest(const RemoteEndpoint& endpoint, const GenerateQuestion& question);
// Asks for the log-probabilities of all tokens of `text`. One token is written after it, since many
// services refuse to write none.
std::string EchoRequest(const RemoteEndpoint& endpoint, absl::string_view text);

// DataLoss: half an answer, or something else altogether; it may be whole the next time.
// InvalidArgument: the endpoint withheld the answer. FailedPrecondition: it cannot do what was
// asked.
absl::StatusOr<GenerateAnswer> ReadGenerateAnswer(RemoteApi api, absl::string_view body);
absl::StatusOr<EchoAnswer> ReadEchoAnswer(absl::string_view body);

// Said wherever an endpoint turns out to give no log-probabilities.
inline constexpr char kNoLogProbabilities[] =
    "this endpoint gives no log-probabilities; protocols that compare choices need --api "
    "completions "
    "with an endpoint that echoes the prompt";

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_OPENAI_MESSAGES_H_
