// A JSON value that knows the line that it comes from, so that what is wrong with it can be told by
// file and line.
#ifndef ASSAY_COMMON_BENCHMARK_JSON_NODE_H_
#define ASSAY_COMMON_BENCHMARK_JSON_NODE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct JsonNode {
  enum class Type { kNull, kBoolean, kNumber, kText, kArray, kObject };

  Type type = Type::kNull;
  int64_t line = 0;               // where it ends, for an array or object where it starts
  std::string text;               // of a text; of a number or boolean as JSON has it
  std::vector<JsonNode> items;    // of an array, or the values of an object
  std::vector<std::string> keys;  // of an object, as many as items and each once, in file order

  // The value of an object's key; null when this is no object or has no such key.
  const JsonNode* Find(absl::string_view key) const;
};

// "a text", "an object", ...
absl::string_view JsonTypeName(JsonNode::Type type);

// InvalidArgument "path:line: reason", the line being that of `node`.
absl::Status JsonError(absl::string_view path, const JsonNode& node, absl::string_view reason);

// The member `key` of `node`, which must be an object with such a member of such a type. The error
// calls `node` by the name `what`.
absl::StatusOr<const JsonNode*> JsonMember(absl::string_view path, const JsonNode& node,
                                           absl::string_view what, absl::string_view key,
                                           JsonNode::Type type);
// The same, for texts.
absl::StatusOr<std::string> JsonTextMember(absl::string_view path, const JsonNode& node,
                                           absl::string_view what, absl::string_view key);
// The texts of the array `node`, whose name is `what`.
absl::StatusOr<std::vector<std::string>> JsonTexts(absl::string_view path, const JsonNode& node,
                                                   absl::string_view what);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_JSON_NODE_H_
