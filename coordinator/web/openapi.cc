#include "coordinator/web/openapi.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "assay/v1/options.pb.h"
#include "common/base/version.h"
#include "coordinator/web/proto_comments.h"

namespace assay {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::json;

constexpr char kTimestamp[] = "google.protobuf.Timestamp";

Json Describe(Json schema, const std::string& full_name) {
  if (std::string comment = ProtoComment(full_name); !comment.empty()) {
    schema["description"] = comment;
  }
  return schema;
}

// Collects the messages and enumerations that routes speak of.
class Schemas {
 public:
  Json Reference(const Descriptor& message) {
    if (message.full_name() == kTimestamp) return {{"type", "string"}, {"format", "date-time"}};
    if (added_.insert(message.name()).second) schemas_[message.name()] = Message(message);
    return {{"$ref", absl::StrCat("#/components/schemas/", message.name())}};
  }

  Json Field(const FieldDescriptor& field) {
    if (field.is_map()) {
      return {{"type", "object"},
              {"additionalProperties", Value(*field.message_type()->map_value())}};
    }
    if (field.is_repeated()) return {{"type", "array"}, {"items", Value(field)}};
    return Value(field);
  }

  Json Take() { return std::move(schemas_); }

 private:
  Json Value(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return {{"type", "boolean"}};
      case FieldDescriptor::CPPTYPE_INT32:
        return {{"type", "integer"}, {"format", "int32"}};
      case FieldDescriptor::CPPTYPE_UINT32:
        return {{"type", "integer"}, {"minimum", 0}};
      case FieldDescriptor::CPPTYPE_INT64:
        return {{"type", "string"}, {"pattern", "^-?[0-9]+$"}};
      case FieldDescriptor::CPPTYPE_UINT64:
        return {{"type", "string"}, {"pattern", "^[0-9]+$"}};
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        return {{"anyOf",
                 {{{"type", "number"}},
                  {{"type", "string"}, {"enum", {"NaN", "Infinity", "-Infinity"}}}}}};
      case FieldDescriptor::CPPTYPE_ENUM:
        return Reference(*field.enum_type());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Reference(*field.message_type());
      case FieldDescriptor::CPPTYPE_STRING:
        break;
    }
    if (field.type() == FieldDescriptor::TYPE_BYTES) {
      return {{"type", "string"}, {"contentEncoding", "base64"}};
    }
    return {{"type", "string"}};
  }

  Json Reference(const EnumDescriptor& type) {
    if (added_.insert(type.name()).second) {
      Json names = Json::array();
      for (int i = 0; i < type.value_count(); ++i) names.push_back(type.value(i)->name());
      schemas_[type.name()] =
          Describe({{"type", "string"}, {"enum", std::move(names)}}, type.full_name());
    }
    return {{"$ref", absl::StrCat("#/components/schemas/", type.name())}};
  }

  Json Message(const Descriptor& message) {
    Json properties = Json::object();
    Json required = Json::array();
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      properties[field.name()] = Describe(Field(field), field.full_name());
      // What can be absent says so; everything else is always written.
      if (!field.has_presence()) required.push_back(field.name());
    }
    Json schema = {
        {"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty()) schema["x-always-present"] = std::move(required);
    return Describe(std::move(schema), message.full_name());
  }

  std::set<std::string> added_;
  Json schemas_ = Json::object();
};

std::set<std::string> PathParts(const std::string& path) {
  std::set<std::string> parts;
  for (const absl::string_view part : absl::StrSplit(path, '/')) {
    if (absl::StartsWith(part, "{")) parts.emplace(part.substr(1, part.size() - 2));
  }
  return parts;
}

Json Parameters(const ApiRoute& route, Schemas& schemas) {
  Json parameters = Json::array();
  const std::set<std::string> in_path = PathParts(route.path);
  const Descriptor& request = *route.request->GetDescriptor();
  for (int i = 0; i < request.field_count(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    const bool of_path = in_path.count(field.name()) != 0;
    const bool of_query = route.method == "GET" && !(route.by_rater && field.name() == "token");
    if (!of_path && !of_query) continue;
    Json parameter = {{"name", field.name()},
                      {"in", of_path ? "path" : "query"},
                      {"required", of_path},
                      {"schema", schemas.Field(field)}};
    parameters.push_back(Describe(std::move(parameter), field.full_name()));
  }
  return parameters;
}

Json Response(const std::string& description, Json schema) {
  return {{"description", description},
          {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

std::string Asks(const ApiRoute& route) {
  if (route.by_rater) return "Asks for a rater's token.";
  const v1::Role role = route.rpc->options().GetExtension(v1::role);
  return absl::StrCat("Asks for the role ", role == v1::ROLE_READ ? "read" : "submit",
                      " where tokens are in use.");
}

Json Operation(const ApiRoute& route, Schemas& schemas) {
  const std::string comment = ProtoComment(route.rpc->full_name());
  // A method may stand at several paths.
  std::string id = absl::StrCat(route.rpc->name(), "At");
  for (const char c : route.path.substr(8)) id += absl::ascii_isalnum(c) ? c : '_';
  Json operation = {
      {"operationId", id},
      {"description", comment.empty() ? Asks(route) : absl::StrCat(comment, " ", Asks(route))},
      {"tags", {route.rpc->service()->name()}},
      {"security", Json::array({Json::object(), {{"bearer", Json::array()}}})},
      {"responses",
       {{"200", Response(route.response->GetDescriptor()->name(),
                         schemas.Reference(*route.response->GetDescriptor()))},
        {"default", Response("An error", {{"$ref", "#/components/schemas/Error"}})}}}};
  if (route.by_rater) operation["security"] = Json::array({{{"bearer", Json::array()}}});
  if (Json parameters = Parameters(route, schemas); !parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (route.method == "POST") {
    operation["requestBody"] = {
        {"content",
         {{"application/json", {{"schema", schemas.Reference(*route.request->GetDescriptor())}}}}}};
  }
  return operation;
}

}  // namespace

std::string DescribeApi(const std::vector<ApiRoute>& routes) {
  Schemas schemas;
  Json paths = Json::object();
  for (const ApiRoute& route : routes) {
    paths[route.path][route.method == "GET" ? "get" : "post"] = Operation(route, schemas);
  }
  Json components = schemas.Take();
  components["Error"] = {{"type", "object"},
                         {"required", {"code", "message"}},
                         {"properties",
                          {{"code", {{"type", "string"}, {"description", "gRPC's name"}}},
                           {"message", {{"type", "string"}}}}}};
  const Json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Assay"},
        {"version", std::string(kVersion)},
        {"description", "Messages of the gRPC services as JSON, by the rules of protocol buffers."},
        {"license", {{"name", "Apache 2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", std::move(components)},
        {"securitySchemes", {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}}}}}};
  return document.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace assay
