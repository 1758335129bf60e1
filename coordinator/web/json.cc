#include "coordinator/web/json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace assay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status Wrong(absl::string_view name, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(name, ": ", why));
}

// Reads `value` by `read`, and puts it in place.
template <typename Value, typename Read>
absl::Status Put(const FieldDescriptor* field, const std::string& value, Message* message,
                 absl::string_view kind, Read read,
                 void (Reflection::*set)(Message*, const FieldDescriptor*, Value) const,
                 void (Reflection::*add)(Message*, const FieldDescriptor*, Value) const) {
  Value parsed = {};
  if (!read(value, &parsed)) return Wrong(field->name(), absl::StrCat("must be ", kind));
  const Reflection& reflection = *message->GetReflection();
  (reflection.*(field->is_repeated() ? add : set))(message, field, parsed);
  return absl::OkStatus();
}

absl::Status PutEnum(const FieldDescriptor* field, const std::string& value, Message* message) {
  const google::protobuf::EnumValueDescriptor* known = field->enum_type()->FindValueByName(value);
  if (known == nullptr) {
    std::string names;
    for (int i = 0; i < field->enum_type()->value_count(); ++i) {
      absl::StrAppend(&names, i == 0 ? "" : ", ", field->enum_type()->value(i)->name());
    }
    return Wrong(field->name(), absl::StrCat("must be one of ", names));
  }
  const Reflection& reflection = *message->GetReflection();
  if (field->is_repeated()) {
    reflection.AddEnum(message, field, known);
  } else {
    reflection.SetEnum(message, field, known);
  }
  return absl::OkStatus();
}

bool ReadBool(const std::string& value, bool* parsed) {
  *parsed = value == "true";
  return value == "true" || value == "false";
}

template <typename Integer>
bool ReadInteger(const std::string& value, Integer* parsed) {
  return absl::SimpleAtoi(value, parsed);
}

bool ReadDouble(const std::string& value, double* parsed) {
  return absl::SimpleAtod(value, parsed);
}

}  // namespace

absl::StatusOr<std::string> ToJson(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  if (status.ok()) return json;
  return absl::InternalError(
      absl::StrCat("an answer could not be written as JSON: ", std::string(status.message())));
}

absl::Status FromJson(absl::string_view json, Message* message) {
  message->Clear();
  if (json.empty()) return absl::OkStatus();
  const auto status = google::protobuf::util::JsonStringToMessage(std::string(json), message);
  if (status.ok()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the body is no ",
                                                 message->GetDescriptor()->name(),
                                                 " as JSON: ", std::string(status.message())));
}

absl::Status SetField(absl::string_view name, const std::string& value, Message* message) {
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr || field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return Wrong(name, "there is no such parameter here");
  }
  const Reflection& reflection = *message->GetReflection();
  // A default that was given is not told from one that was not; giving it twice does no harm.
  const bool is_set = !field->is_repeated() && reflection.HasField(*message, field);
  if (is_set) return Wrong(name, "is given twice");
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Put<bool>(field, value, message, "true or false", ReadBool, &Reflection::SetBool,
                       &Reflection::AddBool);
    case FieldDescriptor::CPPTYPE_INT32:
      return Put<int32_t>(field, value, message, "a whole number", ReadInteger<int32_t>,
                          &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return Put<int64_t>(field, value, message, "a whole number", ReadInteger<int64_t>,
                          &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      return Put<uint64_t>(field, value, message, "a whole number that is not negative",
                           ReadInteger<uint64_t>, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Put<double>(field, value, message, "a number", ReadDouble, &Reflection::SetDouble,
                         &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_ENUM:
      return PutEnum(field, value, message);
    case FieldDescriptor::CPPTYPE_STRING:
      if (field->is_repeated()) {
        reflection.AddString(message, field, value);
      } else {
        reflection.SetString(message, field, value);
      }
      return absl::OkStatus();
    default:
      return Wrong(name, "cannot be given in a URL");
  }
}

}  // namespace assay
