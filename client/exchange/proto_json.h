// Messages as JSON objects and back, field for field.
#ifndef ASSAY_CLIENT_EXCHANGE_PROTO_JSON_H_
#define ASSAY_CLIENT_EXCHANGE_PROTO_JSON_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/exchange/columns.h"
#include "google/protobuf/message.h"

namespace assay {

ExchangeJson MessageToJson(const google::protobuf::Message& message);
// InvalidArgument, beginning with `what`, for what is no such message.
absl::Status JsonToMessage(absl::string_view what, const ExchangeJson& json,
                           google::protobuf::Message* message);

}  // namespace assay

#endif  // ASSAY_CLIENT_EXCHANGE_PROTO_JSON_H_
