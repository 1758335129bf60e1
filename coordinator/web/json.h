// Messages of the protocol as JSON, as protobuf's own rules have them, with the fields' names of
// the .proto files, enumerations by name, and fields that have their default.
#ifndef ASSAY_COORDINATOR_WEB_JSON_H_
#define ASSAY_COORDINATOR_WEB_JSON_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// Internal for a text that is no UTF-8.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

// InvalidArgument for what is no such message; empty text is the message without fields.
absl::Status FromJson(absl::string_view json, google::protobuf::Message* message);

// Sets the field of that name, or adds to it where it is repeated, from a parameter of a URL.
// InvalidArgument for a name that is no field of the message or one of messages, a value that does
// not fit, and a second value where there can be one.
absl::Status SetField(absl::string_view name, const std::string& value,
                      google::protobuf::Message* message);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_WEB_JSON_H_
