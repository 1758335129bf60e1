#include "client/exchange/declared_items.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "common/benchmark/python_text.h"

namespace assay {
namespace {

// Between the parts of a key; no document holds it.
constexpr char kSeparator[] = "\x1f";

// Null where the document has no such member; "a.b" is the member b of the member a, unless there
// is one of that very name.
const ExchangeJson* Find(const ExchangeJson& doc, const std::string& column) {
  if (const auto found = doc.find(column); found != doc.end()) return &*found;
  const ExchangeJson* value = &doc;
  for (const absl::string_view part : absl::StrSplit(column, '.')) {
    if (!value->is_object()) return nullptr;
    const auto found = value->find(std::string(part));
    if (found == value->end()) return nullptr;
    value = &*found;
  }
  return value;
}

absl::StatusOr<std::string> TextOf(const std::string& column, const ExchangeJson& value) {
  if (value.is_string()) return std::string(PythonStrip(value.get_ref<const std::string&>()));
  if (value.is_number() || value.is_boolean()) return value.dump();
  return absl::InvalidArgumentError(absl::StrCat("doc.", column, ": is no text"));
}

absl::StatusOr<std::string> TextAt(const ExchangeJson& doc, const std::string& column) {
  const ExchangeJson* value = Find(doc, column);
  if (value == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("doc.", column, ": is missing"));
  }
  return TextOf(column, *value);
}

std::string FieldOf(const v1::Item& item, const std::string& name) {
  const auto found = item.fields().find(name);
  return found == item.fields().end() ? "" : std::string(PythonStrip(found->second));
}

// The right option's place among the item's; -1 for an item without options.
int PlaceOfTarget(const v1::Item& item) {
  for (int i = 0; i < item.choices_size(); ++i) {
    if (item.choices(i) == item.target()) return i;
  }
  return -1;
}

}  // namespace

absl::StatusOr<std::string> DeclaredKey(const ItemsDeclaration& items, const ExchangeJson& doc) {
  std::string key;
  for (const FieldDeclaration& field : items.fields) {
    ASSAY_ASSIGN_OR_RETURN(const std::string text, TextAt(doc, field.column));
    absl::StrAppend(&key, text, kSeparator);
  }
  if (!items.choices.has_value()) return key;
  for (const std::string& column : items.choices->columns) {
    ASSAY_ASSIGN_OR_RETURN(const std::string text, TextAt(doc, column));
    // Empty cells at the end are no options.
    if (!text.empty()) absl::StrAppend(&key, text, kSeparator);
  }
  const std::string& list_column = items.choices->list_column;
  if (list_column.empty()) return key;
  const ExchangeJson* list = Find(doc, list_column);
  if (list == nullptr || !list->is_array()) {
    return absl::InvalidArgumentError(absl::StrCat("doc.", list_column, ": is no list"));
  }
  for (const ExchangeJson& option : *list) {
    ASSAY_ASSIGN_OR_RETURN(const std::string text, TextOf(list_column, option));
    absl::StrAppend(&key, text, kSeparator);
  }
  return key;
}

std::string DeclaredKey(const ItemsDeclaration& items, const v1::Item& item) {
  std::string key;
  for (const FieldDeclaration& field : items.fields) {
    absl::StrAppend(&key, FieldOf(item, field.name), kSeparator);
  }
  if (!items.choices.has_value() || !items.choices->has_texts()) return key;
  for (const std::string& label : item.choices()) {
    const std::string text = FieldOf(item, label);
    if (!text.empty()) absl::StrAppend(&key, text, kSeparator);
  }
  return key;
}

absl::Status CheckDeclaredTarget(const ItemsDeclaration& items, const ExchangeJson& doc,
                                 const v1::Item& item) {
  using Kind = TargetDeclaration::Kind;
  const ExchangeJson* value = Find(doc, items.target.column);
  // Of several right answers ours has the first as its target.
  if (value != nullptr && value->is_array() && !value->empty()) value = &value->front();
  if (value == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("doc.", items.target.column, ": is missing"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string given, TextOf(items.target.column, *value));
  bool is_ours = false;
  int64_t place = -1;
  switch (items.target.kind) {
    case Kind::kText:
    case Kind::kLabel:
      is_ours = given == PythonStrip(item.target());
      break;
    case Kind::kOptionText:
      is_ours = given == FieldOf(item, item.target());
      break;
    case Kind::kIndex:
      is_ours = absl::SimpleAtoi(given, &place) && place == PlaceOfTarget(item);
      break;
    case Kind::kNumber:
      is_ours = absl::SimpleAtoi(given, &place) && place == PlaceOfTarget(item) + 1;
      break;
  }
  if (is_ours) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("doc.", items.target.column, " is not ours: item ",
                                                 item.id(), " has ", item.target()));
}

}  // namespace assay
