// What a YAML value may look like, as data: a document is checked against it, and a JSON schema is
// written from it, so that the two say the same.
#ifndef ASSAY_COMMON_DECLARATION_SHAPE_H_
#define ASSAY_COMMON_DECLARATION_SHAPE_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/declaration/mistakes.h"
#include "common/declaration/yaml_node.h"

namespace assay {

struct ShapeMember;

struct Shape {
  enum class Kind {
    kText,
    kInteger,     // of low..high
    kNumber,      // of at least 0
    kBoolean,     // true or false
    kName,        // one of `names`
    kList,        // of of[0], at least one
    kMapping,     // with the keys of `members`
    kDictionary,  // any keys, values as of[0]
    kAnyOf,       // one of `of`, which differ in the kind of their YAML value
    kTagged,      // a mapping whose key `tag` names which of `of` it is; `names` are their names
  };

  Kind kind = Kind::kText;
  std::string about = "";  // for people
  int64_t low = 0;
  int64_t high = std::numeric_limits<int64_t>::max();
  std::vector<std::string> names = {};
  std::vector<ShapeMember> members;  // without {}: they are not complete yet
  std::vector<Shape> of = {};
  std::string tag = "";
};

struct ShapeMember {
  std::string name;
  Shape shape;
  bool is_required = false;
};

// Adds a mistake for every part of `node` that is not as `shape` says. `what` is how the messages
// call it: "protocols[0].shots".
void CheckShape(const YamlNode& node, const Shape& shape, const std::string& what,
                Mistakes* mistakes);

// A JSON schema, draft 2020-12, of a document of this shape.
std::string JsonSchemaOf(const Shape& shape, absl::string_view id, absl::string_view title);

// A scalar's value by JSON's rules; false where it is none. A text in quotes is a text alone.
bool ReadInteger(const YamlNode& node, int64_t* value);
bool ReadBoolean(const YamlNode& node, bool* value);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_SHAPE_H_
