#include "client/exchange/proto_json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace assay {

ExchangeJson MessageToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string text;
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return nullptr;
  return ExchangeJson::parse(text, nullptr, /*allow_exceptions=*/false);
}

absl::Status JsonToMessage(absl::string_view what, const ExchangeJson& json,
                           google::protobuf::Message* message) {
  const auto status = google::protobuf::util::JsonStringToMessage(
      json.dump(-1, ' ', false, ExchangeJson::error_handler_t::replace), message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, ": ", std::string(status.message().data(), status.message().size())));
}

}  // namespace assay
