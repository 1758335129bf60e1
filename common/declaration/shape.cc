#include "common/declaration/shape.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using Kind = Shape::Kind;

std::string Wanted(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kText:
      return "a text";
    case Kind::kInteger:
      return shape.high == std::numeric_limits<int64_t>::max()
                 ? absl::StrCat("a whole number of at least ", shape.low)
                 : absl::StrCat("a whole number from ", shape.low, " to ", shape.high);
    case Kind::kNumber:
      return "a number of at least 0";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kName:
      return absl::StrCat("one of ", absl::StrJoin(shape.names, ", "));
    case Kind::kList:
      return "a list";
    case Kind::kMapping:
    case Kind::kDictionary:
    case Kind::kTagged:
      return "a mapping";
    case Kind::kAnyOf: {
      std::vector<std::string> wanted;
      for (const Shape& shape_of : shape.of) wanted.push_back(Wanted(shape_of));
      return absl::StrJoin(wanted, ", or ");
    }
  }
  return "";
}

YamlNode::Kind YamlKindOf(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kList:
      return YamlNode::Kind::kList;
    case Kind::kMapping:
    case Kind::kDictionary:
    case Kind::kTagged:
      return YamlNode::Kind::kMapping;
    default:
      return YamlNode::Kind::kScalar;
  }
}

// Of a value of the right YAML kind.
bool IsScalarOf(const YamlNode& node, const Shape& shape) {
  int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  switch (shape.kind) {
    case Kind::kInteger:
      return ReadInteger(node, &integer) && integer >= shape.low && integer <= shape.high;
    case Kind::kNumber:
      return !node.is_quoted && absl::SimpleAtod(node.text, &number) && std::isfinite(number) &&
             number >= 0;
    case Kind::kBoolean:
      return ReadBoolean(node, &boolean);
    case Kind::kName:
      return std::find(shape.names.begin(), shape.names.end(), node.text) != shape.names.end();
    default:
      return true;
  }
}

void CheckMembers(const YamlNode& node, const std::vector<ShapeMember>& members,
                  const std::string& what, Mistakes* mistakes) {
  const std::string prefix = what.empty() ? "" : absl::StrCat(what, ".");
  std::vector<std::string> names;
  for (const ShapeMember& member : members) names.push_back(member.name);
  for (size_t i = 0; i < node.items.size(); ++i) {
    const std::string& key = node.keys[i].text;
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&key](const ShapeMember& m) { return m.name == key; });
    if (found == members.end()) {
      mistakes->Add(node.keys[i], absl::StrCat("unknown key ", Excerpt(key),
                                               what.empty() ? "" : absl::StrCat(" in ", what),
                                               Suggestion(key, names)));
      continue;
    }
    CheckShape(node.items[i], found->shape, absl::StrCat(prefix, key), mistakes);
  }
  for (const ShapeMember& member : members) {
    if (member.is_required && node.Find(member.name) == nullptr) {
      mistakes->Add(node, absl::StrCat(prefix, member.name, " is missing: ", member.shape.about));
    }
  }
}

void CheckTagged(const YamlNode& node, const Shape& shape, const std::string& what,
                 Mistakes* mistakes) {
  const YamlNode* const tag = node.Find(shape.tag);
  if (tag == nullptr) {
    mistakes->Add(node, absl::StrCat(what, ".", shape.tag,
                                     " is missing; there are: ", absl::StrJoin(shape.names, ", ")));
    return;
  }
  const auto found = std::find(shape.names.begin(), shape.names.end(), tag->text);
  if (found == shape.names.end()) {
    mistakes->Add(*tag, absl::StrCat(what, ".", shape.tag, " is ", Excerpt(tag->text),
                                     Suggestion(tag->text, shape.names)));
    return;
  }
  CheckShape(node, shape.of[found - shape.names.begin()], what, mistakes);
}

}  // namespace

bool ReadInteger(const YamlNode& node, int64_t* value) {
  return node.kind == YamlNode::Kind::kScalar && !node.is_quoted &&
         absl::SimpleAtoi(node.text, value);
}

bool ReadBoolean(const YamlNode& node, bool* value) {
  *value = node.text == "true";
  return node.kind == YamlNode::Kind::kScalar && !node.is_quoted &&
         (*value || node.text == "false");
}

void CheckShape(const YamlNode& node, const Shape& shape, const std::string& what,
                Mistakes* mistakes) {
  const std::string name = what.empty() ? "the document" : what;
  if (node.kind == YamlNode::Kind::kNothing) {
    mistakes->Add(
        node, absl::StrCat(name, " has no value where it must be ", Wanted(shape),
                           shape.kind == Kind::kText ? "; write \"\" for a text of nothing" : ""));
    return;
  }
  if (shape.kind == Kind::kAnyOf) {
    for (const Shape& alternative : shape.of) {
      if (YamlKindOf(alternative) == node.kind) {
        CheckShape(node, alternative, what, mistakes);
        return;
      }
    }
  }
  if (shape.kind == Kind::kAnyOf || YamlKindOf(shape) != node.kind) {
    mistakes->Add(node, absl::StrCat(name, " is ", YamlKindName(node.kind), " where it must be ",
                                     Wanted(shape)));
    return;
  }
  switch (shape.kind) {
    case Kind::kList:
      if (node.items.empty()) mistakes->Add(node, absl::StrCat(name, " is empty"));
      for (size_t i = 0; i < node.items.size(); ++i) {
        CheckShape(node.items[i], shape.of[0], absl::StrCat(what, "[", i, "]"), mistakes);
      }
      return;
    case Kind::kMapping:
      CheckMembers(node, shape.members, what, mistakes);
      return;
    case Kind::kDictionary:
      for (size_t i = 0; i < node.items.size(); ++i) {
        CheckShape(node.items[i], shape.of[0], absl::StrCat(what, ".", node.keys[i].text),
                   mistakes);
      }
      return;
    case Kind::kTagged:
      CheckTagged(node, shape, what, mistakes);
      return;
    default:
      break;
  }
  if (IsScalarOf(node, shape)) return;
  const std::string hint = shape.kind == Kind::kName ? Suggestion(node.text, shape.names)
                           : node.is_quoted          ? "; leave the quotes away"
                                                     : "";
  mistakes->Add(node, shape.kind == Kind::kName
                          ? absl::StrCat(name, " is ", Excerpt(node.text), hint)
                          : absl::StrCat(name, " is ", Excerpt(node.text), " where it must be ",
                                         Wanted(shape), hint));
}

}  // namespace assay
