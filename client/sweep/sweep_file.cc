#include <utility>

#include "client/sweep/sweep.h"
#include "common/base/status_macros.h"
#include "common/declaration/mistakes.h"
#include "common/declaration/shape.h"
#include "common/declaration/yaml_node.h"

namespace assay {
namespace {

Shape ListOf(Shape shape) {
  return {.kind = Shape::Kind::kList, .members = {}, .of = {std::move(shape)}};
}

Shape NameOf(std::vector<std::string> names) {
  return {.kind = Shape::Kind::kName, .names = std::move(names), .members = {}};
}

Shape SweepShape() {
  const Shape text = {.kind = Shape::Kind::kText, .members = {}};
  const Shape count = {.kind = Shape::Kind::kInteger, .high = 1000, .members = {}};
  const Shape limit = {.kind = Shape::Kind::kInteger, .low = 1, .members = {}};
  return {.kind = Shape::Kind::kMapping,
          .members = {{"models", ListOf(text), true},
                      {"benchmarks", ListOf(text), true},
                      {"protocols", ListOf(text)},
                      {"shots", ListOf(count)},
                      {"templates", ListOf(NameOf({"none", "chat", "alpaca"}))},
                      {"precisions",
                       ListOf(NameOf({"float32", "bfloat16", "float16", "int8", "llm-int8"}))},
                      {"limit", limit}}};
}

std::vector<std::string> Texts(const YamlNode& document, absl::string_view key) {
  std::vector<std::string> texts;
  const YamlNode* list = document.Find(key);
  if (list == nullptr) return texts;
  for (const YamlNode& item : list->items) texts.push_back(item.text);
  return texts;
}

}  // namespace

absl::StatusOr<Sweep> ReadSweep(absl::string_view path, absl::string_view text) {
  ASSAY_ASSIGN_OR_RETURN(const YamlNode document, ReadYaml(path, text));
  Mistakes mistakes;
  CheckShape(document, SweepShape(), "", &mistakes);
  ASSAY_RETURN_IF_ERROR(MistakesStatus(path, mistakes.Sorted()));
  Sweep sweep;
  sweep.models = Texts(document, "models");
  sweep.benchmarks = Texts(document, "benchmarks");
  sweep.protocols = Texts(document, "protocols");
  sweep.templates = Texts(document, "templates");
  sweep.precisions = Texts(document, "precisions");
  if (const YamlNode* shots = document.Find("shots"); shots != nullptr) {
    for (const YamlNode& item : shots->items) ReadInteger(item, &sweep.shots.emplace_back());
  }
  if (const YamlNode* limit = document.Find("limit"); limit != nullptr) {
    ReadInteger(*limit, &sweep.limit);
  }
  return sweep;
}

}  // namespace assay
