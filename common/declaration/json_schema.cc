#include <nlohmann/json.hpp>

#include "common/declaration/shape.h"

namespace assay {
namespace {

using Json = nlohmann::ordered_json;
using Kind = Shape::Kind;

Json SchemaOf(const Shape& shape);

Json SchemaOfMembers(const std::vector<ShapeMember>& members) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const ShapeMember& member : members) {
    properties[member.name] = SchemaOf(member.shape);
    if (member.is_required) required.push_back(member.name);
  }
  Json schema = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

Json SchemaOfKind(const Shape& shape) {
  switch (shape.kind) {
    case Kind::kText:
      // What stands without quotes may look like another type to a schema's reader.
      return {{"type", {"string", "number", "boolean"}}};
    case Kind::kInteger: {
      Json schema = {{"type", "integer"}, {"minimum", shape.low}};
      if (shape.high != std::numeric_limits<int64_t>::max()) schema["maximum"] = shape.high;
      return schema;
    }
    case Kind::kNumber:
      return {{"type", "number"}, {"minimum", 0}};
    case Kind::kBoolean:
      return {{"type", "boolean"}};
    case Kind::kName:
      return {{"enum", shape.names}};
    case Kind::kList:
      return {{"type", "array"}, {"items", SchemaOf(shape.of[0])}, {"minItems", 1}};
    case Kind::kMapping:
      return SchemaOfMembers(shape.members);
    case Kind::kDictionary:
      return {{"type", "object"}, {"additionalProperties", SchemaOf(shape.of[0])}};
    case Kind::kAnyOf: {
      Json alternatives = Json::array();
      for (const Shape& alternative : shape.of) alternatives.push_back(SchemaOf(alternative));
      return {{"anyOf", alternatives}};
    }
    case Kind::kTagged: {
      Json alternatives = Json::array();
      for (size_t i = 0; i < shape.of.size(); ++i) {
        Json alternative = SchemaOf(shape.of[i]);
        alternative["properties"][shape.tag] = {{"const", shape.names[i]}};
        alternatives.push_back(alternative);
      }
      return {{"oneOf", alternatives}};
    }
  }
  return {};
}

Json SchemaOf(const Shape& shape) {
  Json schema = Json::object();
  if (!shape.about.empty()) schema["description"] = shape.about;
  schema.update(SchemaOfKind(shape));
  return schema;
}

}  // namespace

std::string JsonSchemaOf(const Shape& shape, absl::string_view id, absl::string_view title) {
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"$id", std::string(id)},
                 {"title", std::string(title)}};
  schema.update(SchemaOf(shape));
  return schema.dump(2) + "\n";
}

}  // namespace assay
