// A model behind an endpoint as a ModelSpec: how it is checked, what it is known by, and how its
// endpoint is written down.
#ifndef ASSAY_COMMON_REMOTE_REMOTE_MODEL_H_
#define ASSAY_COMMON_REMOTE_REMOTE_MODEL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/model_spec.h"
#include "common/domain/remote_endpoint.h"

namespace assay {

// ModelSpec::format of every remote model, and of no other.
inline constexpr char kRemoteFormat[] = "openai";

// The base URL that "/chat/completions" is appended to: scheme and host in lower case, no slash at
// the end. InvalidArgument for anything but http and https, and for a URL with a user, a query, a
// fragment, or the path of a request.
absl::StatusOr<std::string> NormalizeEndpointUrl(absl::string_view url);

// InvalidArgument names the field ("ModelSpec.remote.key_name") of an endpoint that cannot be.
absl::Status CheckRemoteEndpoint(const RemoteEndpoint& endpoint);

// `context_length`: 0 where it is not known.
absl::StatusOr<ModelSpec> MakeRemoteModel(const std::string& name, absl::string_view url,
                                          const RemoteEndpoint& endpoint, int64_t context_length,
                                          double characters_per_token);

// Stands for the digest of the weights, which nobody but the endpoint has: SHA-256 over the URL,
// the model's name there and the API.
std::string RemoteModelDigest(absl::string_view url, const RemoteEndpoint& endpoint);

// The fields of RemoteEndpoint by their names, as a JSON object.
std::string RemoteEndpointToJson(const RemoteEndpoint& endpoint);
absl::StatusOr<RemoteEndpoint> RemoteEndpointFromJson(absl::string_view json);

// What tokens cost at the endpoint's prices; nullopt where it has none.
std::optional<double> RemoteCost(const RemoteEndpoint& endpoint, int64_t prompt_tokens,
                                 int64_t generated_tokens);

}  // namespace assay

#endif  // ASSAY_COMMON_REMOTE_REMOTE_MODEL_H_
