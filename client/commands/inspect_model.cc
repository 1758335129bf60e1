#include "client/commands/inspect_model.h"

#include <sys/wait.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/output/record_writer.h"
#include "client/process/subprocess.h"
#include "common/base/status_macros.h"
#include "common/domain/model_spec.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

constexpr char kVariable[] = "ASSAY_WORKER_PROGRAM";

absl::Status FieldError(const char* field, const char* wanted) {
  return absl::InternalError(
      absl::StrCat("assay-worker inspect: field \"", field, "\" is not ", wanted));
}

absl::Status Read(const Json& object, const char* field, std::string* value) {
  if (!object.contains(field) || !object[field].is_string()) return FieldError(field, "a string");
  *value = object[field].get<std::string>();
  return absl::OkStatus();
}

absl::Status Read(const Json& object, const char* field, int64_t* value) {
  if (!object.contains(field) || !object[field].is_number_integer()) {
    return FieldError(field, "an integer");
  }
  *value = object[field].get<int64_t>();
  return absl::OkStatus();
}

absl::Status Read(const Json& object, const char* field, double* value) {
  if (!object.contains(field) || !object[field].is_number()) return FieldError(field, "a number");
  *value = object[field].get<double>();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ModelSpec> ParseModelSpecJson(absl::string_view text) {
  const Json object = Json::parse(std::string(text), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InternalError("assay-worker inspect did not print a JSON object");
  }
  ModelSpec model;
  ASSAY_RETURN_IF_ERROR(Read(object, "name", &model.name));
  ASSAY_RETURN_IF_ERROR(Read(object, "path", &model.path));
  ASSAY_RETURN_IF_ERROR(Read(object, "format", &model.format));
  ASSAY_RETURN_IF_ERROR(Read(object, "architecture", &model.architecture));
  ASSAY_RETURN_IF_ERROR(Read(object, "weights_sha256", &model.weights_sha256));
  ASSAY_RETURN_IF_ERROR(Read(object, "tokenizer_sha256", &model.tokenizer_sha256));
  ASSAY_RETURN_IF_ERROR(Read(object, "parameters", &model.parameters));
  ASSAY_RETURN_IF_ERROR(Read(object, "context_length", &model.context_length));
  ASSAY_RETURN_IF_ERROR(Read(object, "vocabulary_size", &model.vocabulary_size));
  ASSAY_RETURN_IF_ERROR(Read(object, "stored_type", &model.stored_type));
  ASSAY_RETURN_IF_ERROR(Read(object, "characters_per_token", &model.characters_per_token));
  if (object.contains("base_path")) {
    ASSAY_RETURN_IF_ERROR(Read(object, "base_path", &model.base_path));
  }
  if (object.contains("generation_settings")) {
    model.generation_settings = object["generation_settings"].dump();
  }
  return ToProto(model);
}

absl::StatusOr<v1::ModelSpec> InspectModel(const std::string& name, const std::string& path,
                                           const std::string& base_path) {
  Command command;
  command.arguments = {FindSibling("assay-worker", kVariable), "inspect", "--json", name, path};
  if (!base_path.empty()) {
    command.arguments.insert(command.arguments.end(), {"--base", base_path});
  }
  ASSAY_ASSIGN_OR_RETURN(const CommandResult result, RunCommand(command));
  const absl::string_view words =
      absl::StripPrefix(absl::StripAsciiWhitespace(result.error), "assay-worker: ");
  if (WIFSIGNALED(result.wait_status)) {
    return absl::InternalError(absl::StrCat("the check of ", path, " crashed (",
                                            DescribeExit(result.wait_status), ")",
                                            words.empty() ? "" : ": ", words));
  }
  if (!result.succeeded()) {
    return absl::InvalidArgumentError(
        words.empty() ? absl::StrCat("the check of ", path, " failed (",
                                     DescribeExit(result.wait_status), ") and did not say why")
                      : std::string(words));
  }
  return ParseModelSpecJson(result.output);
}

}  // namespace assay
