// YAML as it is written: every value with its place, so that what is wrong with it can be told by
// line and column. The text comes from untrusted callers.
#ifndef ASSAY_COMMON_DECLARATION_YAML_NODE_H_
#define ASSAY_COMMON_DECLARATION_YAML_NODE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct YamlNode {
  enum class Kind { kNothing, kScalar, kList, kMapping };

  Kind kind = Kind::kNothing;
  int line = 0;                 // where it starts, from 1
  int column = 0;               // likewise
  std::string text;             // of a scalar, as it is written; it has no type yet
  bool is_quoted = false;       // the scalar is in quotes or in a block: a text, whatever it says
  std::vector<YamlNode> keys;   // of a mapping: scalars, each text once
  std::vector<YamlNode> items;  // of a list, or the values of a mapping

  // The value of a mapping's key; null when this is no mapping or has no such key.
  const YamlNode* Find(absl::string_view key) const;
};

// "a text", "a list", "a mapping", "nothing".
absl::string_view YamlKindName(YamlNode::Kind kind);

// One YAML document. InvalidArgument "path:line:column: reason" for what is not YAML, not UTF-8,
// has a key twice, a key that is no text, a tag, or is larger, deeper or, by its aliases, of more
// values than any declaration has a use for.
absl::StatusOr<YamlNode> ReadYaml(absl::string_view path, absl::string_view text);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_YAML_NODE_H_
