#include "coordinator/service/call_object.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr size_t kMaxBytes = 300;
constexpr int kMostValues = 8;
// Fields that name what a call is about, and messages that hold such fields.
constexpr absl::string_view kNames[] = {"job_id", "run_id",     "name",      "user",     "roles",
                                        "models", "benchmarks", "benchmark", "runs",     "jobs",
                                        "judges", "source",     "job_ids",   "worker_id"};
constexpr absl::string_view kHolders[] = {"header", "model", "parts", "token", "quota"};

template <typename List>
bool IsIn(const List& list, const std::string& name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

std::string ValueOf(const Message& message, const FieldDescriptor* field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection.GetRepeatedString(message, field, index)
                      : reflection.GetString(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(repeated ? reflection.GetRepeatedInt64(message, field, index)
                                   : reflection.GetInt64(message, field));
    case FieldDescriptor::CPPTYPE_ENUM:
      return repeated ? reflection.GetRepeatedEnum(message, field, index)->name()
                      : reflection.GetEnum(message, field)->name();
    default:
      return "";
  }
}

void Describe(const Message& message, int depth, std::vector<std::string>* words) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    const int shown = std::min(count, kMostValues);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (depth > 0 || !IsIn(kHolders, field->name())) continue;
      for (int i = 0; i < shown; ++i) {
        Describe(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                      : reflection.GetMessage(message, field),
                 depth + 1, words);
      }
    } else if (IsIn(kNames, field->name())) {
      std::vector<std::string> values;
      for (int i = 0; i < shown; ++i) values.push_back(ValueOf(message, field, i));
      if (count > shown) values.push_back("...");
      words->push_back(absl::StrCat(field->name(), "=", absl::StrJoin(values, ",")));
    }
  }
}

}  // namespace

std::string ObjectOfCall(const Message& message) {
  std::vector<std::string> words;
  Describe(message, 0, &words);
  return absl::StrJoin(words, " ").substr(0, kMaxBytes);
}

}  // namespace assay
