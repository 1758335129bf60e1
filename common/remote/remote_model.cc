#include "common/remote/remote_model.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr size_t kLongestUrl = 2000;
constexpr size_t kLongestName = 500;
constexpr double kHighestPrice = 1e9;
constexpr int64_t kHighestRate = 1'000'000'000'000;

absl::Status UrlError(absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("the endpoint's URL ", why, "; it is like https://host/v1"));
}

absl::Status FieldError(absl::string_view field, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("ModelSpec.remote.", field, ": ", why));
}

absl::Status CheckPrice(absl::string_view field, double price) {
  if (price >= 0 && price <= kHighestPrice) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be between 0 and ", kHighestPrice, ", got ", price));
}

absl::Status CheckRate(absl::string_view field, int64_t rate) {
  if (rate >= 0 && rate <= kHighestRate) return absl::OkStatus();
  return FieldError(field, absl::StrCat("must be between 0 and ", kHighestRate, ", got ", rate));
}

bool IsPlainText(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// A worker gives the value of the environment variable of this name to whichever endpoint it is
// told, so that it must be the name of a key, and of nothing else that an environment holds.
bool IsKeyName(absl::string_view name) {
  for (const char c : name) {
    if (!absl::ascii_isupper(c) && !absl::ascii_isdigit(c) && c != '_') return false;
  }
  return name.size() <= kLongestName && absl::EndsWith(name, "_API_KEY") &&
         !absl::ascii_isdigit(name[0]);
}

}  // namespace

absl::StatusOr<std::string> NormalizeEndpointUrl(absl::string_view url) {
  if (url.size() > kLongestUrl) return UrlError("is too long");
  if (!IsPlainText(url)) return UrlError("holds characters that a URL cannot");
  const size_t colon = url.find("://");
  const std::string scheme = colon == url.npos ? "" : absl::AsciiStrToLower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return UrlError("must begin with https:// or http://");
  absl::string_view rest = url.substr(colon + 3);
  if (absl::StrContains(rest, "?") || absl::StrContains(rest, "#")) {
    return UrlError("must have no query and no fragment");
  }
  while (absl::ConsumeSuffix(&rest, "/")) {
  }
  const size_t slash = rest.find('/');
  const absl::string_view host = rest.substr(0, slash);
  if (host.empty()) return UrlError("names no host");
  // Never quoted: it may hold a password.
  if (absl::StrContains(host, "@")) {
    return UrlError("must not hold a user or a password; --api-key-env names a key");
  }
  const absl::string_view path = slash == rest.npos ? "" : rest.substr(slash);
  if (absl::EndsWith(path, "/completions")) {
    return UrlError("must be the one that /chat/completions and /completions are appended to");
  }
  return absl::StrCat(scheme, "://", absl::AsciiStrToLower(host), path);
}

absl::Status CheckRemoteEndpoint(const RemoteEndpoint& endpoint) {
  if (endpoint.model.empty()) return FieldError("model", "is missing");
  if (endpoint.model.size() > kLongestName || !IsPlainText(endpoint.model)) {
    return FieldError("model", absl::StrCat("must be at most ", kLongestName,
                                            " printable ASCII characters without spaces"));
  }
  if (!endpoint.key_name.empty() && !IsKeyName(endpoint.key_name)) {
    // Never quoted: where somebody gave the key itself, it must not be seen in a log.
    return FieldError("key_name",
                      "must be the name of an environment variable of the workers that ends in "
                      "_API_KEY, in capital letters, digits and underscores; never the key itself");
  }
  ASSAY_RETURN_IF_ERROR(CheckPrice("input_price", endpoint.input_price));
  ASSAY_RETURN_IF_ERROR(CheckPrice("output_price", endpoint.output_price));
  ASSAY_RETURN_IF_ERROR(CheckRate("requests_per_minute", endpoint.requests_per_minute));
  ASSAY_RETURN_IF_ERROR(CheckRate("tokens_per_minute", endpoint.tokens_per_minute));
  if (endpoint.concurrency < 1 || endpoint.concurrency > kMostRemoteConcurrency) {
    return FieldError("concurrency", absl::StrCat("must be between 1 and ", kMostRemoteConcurrency,
                                                  ", got ", endpoint.concurrency));
  }
  return absl::OkStatus();
}

absl::StatusOr<ModelSpec> MakeRemoteModel(const std::string& name, absl::string_view url,
                                          const RemoteEndpoint& endpoint, int64_t context_length,
                                          double characters_per_token) {
  ModelSpec model;
  model.name = name;
  ASSAY_ASSIGN_OR_RETURN(model.path, NormalizeEndpointUrl(url));
  ASSAY_RETURN_IF_ERROR(CheckRemoteEndpoint(endpoint));
  model.format = kRemoteFormat;
  model.architecture = "remote";
  model.weights_sha256 = RemoteModelDigest(model.path, endpoint);
  model.context_length = context_length;
  model.characters_per_token = characters_per_token;
  model.remote = endpoint;
  return model;
}

std::string RemoteModelDigest(absl::string_view url, const RemoteEndpoint& endpoint) {
  Sha256 digest;
  for (const absl::string_view part :
       {absl::string_view(kRemoteFormat), url, absl::string_view(endpoint.model),
        RemoteApiName(endpoint.api)}) {
    digest.Update(absl::StrCat(part.size(), ":"));
    digest.Update(part);
  }
  return digest.Finish();
}

std::string RemoteEndpointToJson(const RemoteEndpoint& endpoint) {
  const nlohmann::ordered_json json = {{"model", endpoint.model},
                                       {"api", std::string(RemoteApiName(endpoint.api))},
                                       {"key_name", endpoint.key_name},
                                       {"input_price", endpoint.input_price},
                                       {"output_price", endpoint.output_price},
                                       {"requests_per_minute", endpoint.requests_per_minute},
                                       {"tokens_per_minute", endpoint.tokens_per_minute},
                                       {"concurrency", endpoint.concurrency}};
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

absl::StatusOr<RemoteEndpoint> RemoteEndpointFromJson(absl::string_view json) {
  const auto object = nlohmann::json::parse(json.begin(), json.end(), nullptr, false);
  const auto is_number = [&](const char* field) {
    return object.contains(field) && object[field].is_number();
  };
  const auto is_string = [&](const char* field) {
    return object.contains(field) && object[field].is_string();
  };
  if (!object.is_object() || !is_string("model") || !is_string("api") || !is_string("key_name") ||
      !is_number("input_price") || !is_number("output_price") ||
      !is_number("requests_per_minute") || !is_number("tokens_per_minute") ||
      !is_number("concurrency")) {
    return absl::DataLossError("the stored description of an endpoint cannot be read");
  }
  RemoteEndpoint endpoint;
  endpoint.model = object["model"].get<std::string>();
  ASSAY_ASSIGN_OR_RETURN(endpoint.api, ParseRemoteApi(object["api"].get<std::string>()));
  endpoint.key_name = object["key_name"].get<std::string>();
  endpoint.input_price = object["input_price"].get<double>();
  endpoint.output_price = object["output_price"].get<double>();
  endpoint.requests_per_minute = object["requests_per_minute"].get<int64_t>();
  endpoint.tokens_per_minute = object["tokens_per_minute"].get<int64_t>();
  endpoint.concurrency = object["concurrency"].get<int>();
  return endpoint;
}

std::optional<double> RemoteCost(const RemoteEndpoint& endpoint, int64_t prompt_tokens,
                                 int64_t generated_tokens) {
  if (endpoint.input_price == 0 && endpoint.output_price == 0) return std::nullopt;
  return (endpoint.input_price * static_cast<double>(prompt_tokens) +
          endpoint.output_price * static_cast<double>(generated_tokens)) /
         1e6;
}

}  // namespace assay
