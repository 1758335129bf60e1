// How a model that another service runs is reached: an endpoint that speaks OpenAI's protocol.
#ifndef ASSAY_COMMON_DOMAIN_REMOTE_ENDPOINT_H_
#define ASSAY_COMMON_DOMAIN_REMOTE_ENDPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

enum class RemoteApi {
  kChat,         // /chat/completions: messages in, a message out
  kCompletions,  // /completions: a text goes on; tells log-probabilities where it can
};
absl::string_view RemoteApiName(RemoteApi api);  // "chat", "completions"
absl::StatusOr<RemoteApi> ParseRemoteApi(absl::string_view name);

inline constexpr int kDefaultRemoteConcurrency = 8;
inline constexpr int kMostRemoteConcurrency = 256;

// The endpoint's URL is ModelSpec::path. The model is known by that, `model` and `api`; the rest
// may be changed without its being another model. A key is never part of it: only what it is
// called.
struct RemoteEndpoint {
  std::string model;  // what the endpoint calls it
  RemoteApi api = RemoteApi::kChat;
  std::string key_name;  // what the workers know the key by; empty: the endpoint asks for none
  // Of a million tokens, in a currency of the user's; 0: not known, or free.
  double input_price = 0;
  double output_price = 0;
  // Of each worker, at most; 0: no limit.
  int64_t requests_per_minute = 0;
  int64_t tokens_per_minute = 0;
  int concurrency = kDefaultRemoteConcurrency;  // requests at once, of each worker
  friend bool operator==(const RemoteEndpoint&, const RemoteEndpoint&) = default;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_REMOTE_ENDPOINT_H_
