#include "common/benchmark/json_node.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {

const JsonNode* JsonNode::Find(absl::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

absl::string_view JsonTypeName(JsonNode::Type type) {
  switch (type) {
    case JsonNode::Type::kNull:
      return "null";
    case JsonNode::Type::kBoolean:
      return "a boolean";
    case JsonNode::Type::kNumber:
      return "a number";
    case JsonNode::Type::kText:
      return "a text";
    case JsonNode::Type::kArray:
      return "an array";
    case JsonNode::Type::kObject:
      return "an object";
  }
  return "";
}

absl::Status JsonError(absl::string_view path, const JsonNode& node, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(path, ":", node.line, ": ", reason));
}

absl::StatusOr<const JsonNode*> JsonMember(absl::string_view path, const JsonNode& node,
                                           absl::string_view what, absl::string_view key,
                                           JsonNode::Type type) {
  if (node.type != JsonNode::Type::kObject) {
    return JsonError(path, node,
                     absl::StrCat(what, " is ", JsonTypeName(node.type), " where it must be ",
                                  JsonTypeName(JsonNode::Type::kObject)));
  }
  const JsonNode* const member = node.Find(key);
  if (member == nullptr) return JsonError(path, node, absl::StrCat(what, " has no \"", key, "\""));
  if (member->type != type) {
    return JsonError(path, *member,
                     absl::StrCat(what, ".", key, " is ", JsonTypeName(member->type),
                                  " where it must be ", JsonTypeName(type)));
  }
  return member;
}

absl::StatusOr<std::string> JsonTextMember(absl::string_view path, const JsonNode& node,
                                           absl::string_view what, absl::string_view key) {
  ASSAY_ASSIGN_OR_RETURN(const JsonNode* member,
                         JsonMember(path, node, what, key, JsonNode::Type::kText));
  return member->text;
}

absl::StatusOr<std::vector<std::string>> JsonTexts(absl::string_view path, const JsonNode& node,
                                                   absl::string_view what) {
  if (node.type != JsonNode::Type::kArray) {
    return JsonError(path, node,
                     absl::StrCat(what, " is ", JsonTypeName(node.type), " where it must be ",
                                  JsonTypeName(JsonNode::Type::kArray)));
  }
  std::vector<std::string> texts;
  for (const JsonNode& item : node.items) {
    if (item.type != JsonNode::Type::kText) {
      return JsonError(path, item,
                       absl::StrCat(what, "[", texts.size(), "] is ", JsonTypeName(item.type),
                                    " where it must be ", JsonTypeName(JsonNode::Type::kText)));
    }
    texts.push_back(item.text);
  }
  return texts;
}

}  // namespace assay
