#include "client/exchange/columns.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "assay/v1/evaluation_service.pb.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsTime(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type() == google::protobuf::Timestamp::descriptor();
}

ColumnType TypeOf(const FieldDescriptor& field) {
  if (field.is_repeated()) return ColumnType::kList;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return ColumnType::kInteger;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ColumnType::kNumber;
    case FieldDescriptor::CPPTYPE_BOOL:
      return ColumnType::kBoolean;
    default:
      return ColumnType::kText;
  }
}

// What says nothing elsewhere: the numbers of runs, and what one prediction may be taken for.
bool IsOfThisServiceAlone(const FieldDescriptor& field) {
  return field.name() == "run_id" || field.name() == "reused_run" ||
         field.name() == "request_digest";
}

void AddColumns(const Descriptor& message, const std::vector<const FieldDescriptor*>& path,
                std::vector<ExchangeColumn>& columns) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    std::vector<const FieldDescriptor*> whole = path;
    whole.push_back(field);
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message && !IsTime(*field)) {
      // Other graders' scores have rows of their own.
      if (!field->is_repeated()) AddColumns(*field->message_type(), whole, columns);
      continue;
    }
    if (IsOfThisServiceAlone(*field)) continue;
    columns.push_back({field->name(), TypeOf(*field), false, whole});
    if (field->type() == FieldDescriptor::TYPE_BYTES) {
      columns.push_back({field->name() + "_base64", ColumnType::kText, true, whole});
    }
  }
}

// "VERDICT_CORRECT" of Verdict is "correct".
std::string NamePrefix(const EnumDescriptor& type) {
  std::string prefix;
  for (const char c : type.name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  return prefix + "_";
}

std::string EnumName(const EnumValueDescriptor& value) {
  return absl::AsciiStrToLower(absl::StripPrefix(value.name(), NamePrefix(*value.type())));
}

ExchangeJson NumberJson(double value) {
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

absl::StatusOr<double> ReadNumber(const ExchangeJson& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "Infinity") return std::numeric_limits<double>::infinity();
  if (value == "-Infinity") return -std::numeric_limits<double>::infinity();
  return absl::InvalidArgumentError("is not a number");
}

absl::StatusOr<int64_t> ReadInteger(const ExchangeJson& value, const FieldDescriptor& field) {
  if (!value.is_number_integer()) return absl::InvalidArgumentError("is not a whole number");
  if (value.is_number_unsigned() && value.get<uint64_t>() > std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError("is too large");
  }
  const auto number = value.get<int64_t>();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 &&
      (number < std::numeric_limits<int32_t>::min() ||
       number > std::numeric_limits<int32_t>::max())) {
    return absl::InvalidArgumentError("is too large");
  }
  return number;
}

ExchangeJson GetList(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  ExchangeJson list = ExchangeJson::array();
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        list.push_back(reflection.GetRepeatedInt32(message, &field, i));
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        list.push_back(NumberJson(reflection.GetRepeatedDouble(message, &field, i)));
        break;
      default:
        list.push_back(reflection.GetRepeatedString(message, &field, i));
    }
  }
  return list;
}

absl::Status SetList(const FieldDescriptor& field, const ExchangeJson& value, Message* message) {
  if (!value.is_array()) return absl::InvalidArgumentError("is not a list");
  const Reflection& reflection = *message->GetReflection();
  for (const ExchangeJson& element : value) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: {
        ASSAY_ASSIGN_OR_RETURN(const int64_t number, ReadInteger(element, field));
        reflection.AddInt32(message, &field, static_cast<int32_t>(number));
        break;
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        ASSAY_ASSIGN_OR_RETURN(const double number, ReadNumber(element));
        reflection.AddDouble(message, &field, number);
        break;
      }
      default:
        if (!element.is_string()) return absl::InvalidArgumentError("is not a list of texts");
        reflection.AddString(message, &field, element.get<std::string>());
    }
  }
  return absl::OkStatus();
}

absl::Status SetText(const ExchangeColumn& column, const std::string& text, Message* message) {
  const FieldDescriptor& field = *column.path.back();
  const Reflection& reflection = *message->GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    for (int i = 0; i < field.enum_type()->value_count(); ++i) {
      const EnumValueDescriptor* value = field.enum_type()->value(i);
      if (value->number() == 0 || EnumName(*value) != text) continue;
      reflection.SetEnum(message, &field, value);
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is not one of its names"));
  }
  if (IsTime(field)) {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
      return absl::InvalidArgumentError("is not a time as RFC 3339 has it");
    }
    SetTimestamp(time, static_cast<google::protobuf::Timestamp*>(
                           reflection.MutableMessage(message, &field)));
    return absl::OkStatus();
  }
  std::string bytes = text;
  if (column.is_base64 && !absl::Base64Unescape(text, &bytes)) {
    return absl::InvalidArgumentError("is not base64");
  }
  reflection.SetString(message, &field, bytes);
  return absl::OkStatus();
}

absl::Status SetValue(const ExchangeColumn& column, const ExchangeJson& value, Message* message) {
  const FieldDescriptor& field = *column.path.back();
  const Reflection& reflection = *message->GetReflection();
  switch (column.type) {
    case ColumnType::kList:
      return SetList(field, value, message);
    case ColumnType::kInteger: {
      ASSAY_ASSIGN_OR_RETURN(const int64_t number, ReadInteger(value, field));
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
        reflection.SetInt32(message, &field, static_cast<int32_t>(number));
      } else {
        reflection.SetInt64(message, &field, number);
      }
      return absl::OkStatus();
    }
    case ColumnType::kNumber: {
      ASSAY_ASSIGN_OR_RETURN(const double number, ReadNumber(value));
      reflection.SetDouble(message, &field, number);
      return absl::OkStatus();
    }
    case ColumnType::kBoolean:
      if (!value.is_boolean()) return absl::InvalidArgumentError("is not true or false");
      reflection.SetBool(message, &field, value.get<bool>());
      return absl::OkStatus();
    case ColumnType::kText:
      break;
  }
  if (!value.is_string()) return absl::InvalidArgumentError("is not a text");
  return SetText(column, value.get_ref<const std::string&>(), message);
}

ExchangeJson GetText(const Message& message, const ExchangeColumn& column) {
  const FieldDescriptor& field = *column.path.back();
  const Reflection& reflection = *message.GetReflection();
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return EnumName(*reflection.GetEnum(message, &field));
  }
  if (IsTime(field)) {
    if (!reflection.HasField(message, &field)) return nullptr;
    const auto& time =
        static_cast<const google::protobuf::Timestamp&>(reflection.GetMessage(message, &field));
    // Doubles of seconds lie off by less than a microsecond.
    const absl::Time rounded =
        absl::FromUnixMicros(absl::ToUnixMicros(FromTimestamp(time) + absl::Nanoseconds(500)));
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", rounded, absl::UTCTimeZone());
  }
  std::string text = reflection.GetString(message, &field);
  if (field.type() != FieldDescriptor::TYPE_BYTES) return text;
  const bool is_text = FindInvalidUtf8(text) == absl::string_view::npos;
  if (column.is_base64 == is_text) return nullptr;
  return is_text ? ExchangeJson(std::move(text)) : ExchangeJson(absl::Base64Escape(text));
}

}  // namespace

const std::vector<ExchangeColumn>& PredictionColumns() {
  static const auto* const columns = [] {
    auto* made = new std::vector<ExchangeColumn>;
    AddColumns(*v1::GradedPrediction::descriptor(), {}, *made);
    return made;
  }();
  return *columns;
}

const std::vector<ExchangeColumn>& ScoreColumns() {
  static const auto* const columns = [] {
    auto* made = new std::vector<ExchangeColumn>;
    AddColumns(*v1::Score::descriptor(), {}, *made);
    return made;
  }();
  return *columns;
}

ExchangeJson GetColumn(const Message& message, const ExchangeColumn& column) {
  const Message* owner = &message;
  for (size_t i = 0; i + 1 < column.path.size(); ++i) {
    owner = &owner->GetReflection()->GetMessage(*owner, column.path[i]);
  }
  const FieldDescriptor& field = *column.path.back();
  const Reflection& reflection = *owner->GetReflection();
  if (field.has_optional_keyword() && !reflection.HasField(*owner, &field)) return nullptr;
  switch (column.type) {
    case ColumnType::kList:
      return GetList(*owner, field);
    case ColumnType::kInteger:
      return field.cpp_type() == FieldDescriptor::CPPTYPE_INT32
                 ? int64_t{reflection.GetInt32(*owner, &field)}
                 : int64_t{reflection.GetInt64(*owner, &field)};
    case ColumnType::kNumber:
      return NumberJson(reflection.GetDouble(*owner, &field));
    case ColumnType::kBoolean:
      return reflection.GetBool(*owner, &field);
    case ColumnType::kText:
      break;
  }
  return GetText(*owner, column);
}

absl::Status SetColumn(const ExchangeColumn& column, const ExchangeJson& value, Message* message) {
  if (value.is_null()) return absl::OkStatus();
  Message* owner = message;
  for (size_t i = 0; i + 1 < column.path.size(); ++i) {
    owner = owner->GetReflection()->MutableMessage(owner, column.path[i]);
  }
  absl::Status status = SetValue(column, value, owner);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat("column ", column.name, ": ", status.message()));
}

}  // namespace assay
