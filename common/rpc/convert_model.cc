#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"

namespace assay {
namespace {

static_assert(v1::REMOTE_API_CHAT == static_cast<int>(RemoteApi::kChat) + 1);
static_assert(v1::REMOTE_API_COMPLETIONS == static_cast<int>(RemoteApi::kCompletions) + 1);

absl::Status CheckModelName(absl::string_view name) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("ModelSpec.name", name));
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '.' && c != '_' && c != '-') {
      return FieldError("ModelSpec.name",
                        absl::StrCat("may hold letters, digits, '.', '_' and '-' only, got \"",
                                     name.substr(0, 80), "\""));
    }
  }
  return absl::OkStatus();
}

// Of a model whose files the workers have.
absl::Status CheckFiles(const v1::ModelSpec& proto) {
  if (proto.has_remote()) {
    return FieldError("ModelSpec.remote",
                      absl::StrCat("is there, but the format is \"", proto.format(), "\""));
  }
  if (!absl::StartsWith(proto.path(), "/")) {
    return FieldError("ModelSpec.path",
                      absl::StrCat("must be an absolute path, got \"", proto.path(), "\""));
  }
  if (proto.format() != "huggingface" && proto.format() != "gguf" && proto.format() != "peft") {
    return FieldError("ModelSpec.format",
                      absl::StrCat("must be \"huggingface\", \"gguf\", \"peft\" or \"",
                                   kRemoteFormat, "\", got \"", proto.format(), "\""));
  }
  const bool is_adapter = proto.format() == "peft";
  if (is_adapter ? !absl::StartsWith(proto.base_path(), "/") : !proto.base_path().empty()) {
    return FieldError("ModelSpec.base_path",
                      absl::StrCat("must be an absolute path of an adapter's base, and empty of "
                                   "other models, got \"",
                                   proto.base_path(), "\""));
  }
  ASSAY_RETURN_IF_ERROR(CheckSha256("ModelSpec.tokenizer_sha256", proto.tokenizer_sha256()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.parameters", proto.parameters(), 1));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.context_length", proto.context_length(), 1));
  return CheckAtLeast("ModelSpec.vocabulary_size", proto.vocabulary_size(), 1);
}

absl::Status CheckRemote(const v1::ModelSpec& proto, const RemoteEndpoint& endpoint) {
  ASSAY_ASSIGN_OR_RETURN(const std::string url, NormalizeEndpointUrl(proto.path()));
  if (proto.path() != url) {
    return FieldError("ModelSpec.path", absl::StrCat("must be written as \"", url, "\""));
  }
  if (proto.weights_sha256() != RemoteModelDigest(url, endpoint)) {
    return FieldError("ModelSpec.weights_sha256", "is not the digest of this remote model");
  }
  if (!proto.tokenizer_sha256().empty()) {
    return FieldError("ModelSpec.tokenizer_sha256", "a remote model's tokenizer is not known");
  }
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.parameters", proto.parameters(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("ModelSpec.context_length", proto.context_length(), 0));
  return CheckAtLeast("ModelSpec.vocabulary_size", proto.vocabulary_size(), 0);
}

// Nothing reads them but people.
absl::Status CheckGenerationSettings(const std::string& settings) {
  if (settings.empty()) return absl::OkStatus();
  if (settings.size() > kMostGenerationSettingsBytes) {
    return FieldError("ModelSpec.generation_settings",
                      absl::StrCat("has ", settings.size(), " bytes, and at most ",
                                   kMostGenerationSettingsBytes, " are allowed"));
  }
  const auto json = nlohmann::json::parse(settings, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return absl::OkStatus();
  return FieldError("ModelSpec.generation_settings", "is not a JSON object");
}

}  // namespace

v1::RemoteEndpoint ToProto(const RemoteEndpoint& endpoint) {
  v1::RemoteEndpoint proto;
  proto.set_model(endpoint.model);
  proto.set_api(EnumToProto<v1::RemoteApi>(endpoint.api));
  proto.set_key_name(endpoint.key_name);
  proto.set_input_price(endpoint.input_price);
  proto.set_output_price(endpoint.output_price);
  proto.set_requests_per_minute(endpoint.requests_per_minute);
  proto.set_tokens_per_minute(endpoint.tokens_per_minute);
  proto.set_concurrency(endpoint.concurrency);
  return proto;
}

absl::StatusOr<RemoteEndpoint> FromProto(const v1::RemoteEndpoint& proto) {
  RemoteEndpoint endpoint;
  endpoint.model = proto.model();
  ASSAY_ASSIGN_OR_RETURN(endpoint.api, EnumFromProto<RemoteApi>("ModelSpec.remote.api", proto.api(),
                                                                v1::RemoteApi_IsValid));
  endpoint.key_name = proto.key_name();
  endpoint.input_price = proto.input_price();
  endpoint.output_price = proto.output_price();
  endpoint.requests_per_minute = proto.requests_per_minute();
  endpoint.tokens_per_minute = proto.tokens_per_minute();
  endpoint.concurrency = proto.concurrency();
  ASSAY_RETURN_IF_ERROR(CheckRemoteEndpoint(endpoint));
  return endpoint;
}

v1::ModelSpec ToProto(const ModelSpec& model) {
  v1::ModelSpec proto;
  proto.set_name(model.name);
  proto.set_path(model.path);
  proto.set_base_path(model.base_path);
  proto.set_format(model.format);
  proto.set_architecture(model.architecture);
  proto.set_weights_sha256(model.weights_sha256);
  proto.set_tokenizer_sha256(model.tokenizer_sha256);
  proto.set_parameters(model.parameters);
  proto.set_context_length(model.context_length);
  proto.set_vocabulary_size(model.vocabulary_size);
  proto.set_stored_type(model.stored_type);
  proto.set_characters_per_token(model.characters_per_token);
  proto.set_generation_settings(model.generation_settings);
  if (model.remote.has_value()) *proto.mutable_remote() = ToProto(*model.remote);
  return proto;
}

absl::StatusOr<ModelSpec> FromProto(const v1::ModelSpec& proto) {
  ModelSpec model;
  ASSAY_RETURN_IF_ERROR(CheckModelName(proto.name()));
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("ModelSpec.architecture", proto.architecture()));
  ASSAY_RETURN_IF_ERROR(CheckSha256("ModelSpec.weights_sha256", proto.weights_sha256()));
  if (!std::isfinite(proto.characters_per_token()) || proto.characters_per_token() <= 0) {
    return FieldError("ModelSpec.characters_per_token", "must be a finite number above 0");
  }
  ASSAY_RETURN_IF_ERROR(CheckGenerationSettings(proto.generation_settings()));
  if (proto.format() == kRemoteFormat) {
    if (!proto.has_remote()) return FieldError("ModelSpec.remote", "is missing");
    ASSAY_ASSIGN_OR_RETURN(model.remote, FromProto(proto.remote()));
    ASSAY_RETURN_IF_ERROR(CheckRemote(proto, *model.remote));
  } else {
    ASSAY_RETURN_IF_ERROR(CheckFiles(proto));
  }
  model.name = proto.name();
  model.path = proto.path();
  model.base_path = proto.base_path();
  model.format = proto.format();
  model.architecture = proto.architecture();
  model.weights_sha256 = proto.weights_sha256();
  model.tokenizer_sha256 = proto.tokenizer_sha256();
  model.parameters = proto.parameters();
  model.context_length = proto.context_length();
  model.vocabulary_size = proto.vocabulary_size();
  model.stored_type = proto.stored_type();
  model.characters_per_token = proto.characters_per_token();
  model.generation_settings = proto.generation_settings();
  return model;
}

}  // namespace assay
