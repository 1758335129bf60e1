#include "client/registry/model_facts_file.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/declaration/mistakes.h"
#include "common/declaration/yaml_node.h"

namespace assay {
namespace {

using Kind = YamlNode::Kind;

class FactsReader {
 public:
  std::vector<ModelFacts> Read(const YamlNode& document) {
    std::vector<ModelFacts> all;
    const YamlNode* models = document.Find("models");
    if (models == nullptr || models->kind != Kind::kList) {
      mistakes_.Add(document, "must have a list \"models\", and nothing else");
      return all;
    }
    for (const YamlNode& key : document.keys) {
      if (key.text != "models") mistakes_.Add(key, "only \"models\" belongs here");
    }
    for (const YamlNode& model : models->items) all.push_back(ReadModel(model));
    return all;
  }

  const Mistakes& mistakes() const { return mistakes_; }

 private:
  ModelFacts ReadModel(const YamlNode& model) {
    ModelFacts facts;
    const YamlNode* name = model.Find("name");
    if (name == nullptr || name->kind != Kind::kScalar) {
      mistakes_.Add(model, "a model is a mapping with a \"name\"");
      return facts;
    }
    facts.name = name->text;
    for (size_t i = 0; i < model.keys.size(); ++i) {
      if (model.keys[i].text != "name") ReadFact(model.keys[i], model.items[i], &facts);
    }
    if (const absl::Status status = CheckModelFacts(facts); !status.ok()) {
      mistakes_.Add(*name, std::string(status.message()));
    }
    CheckUnique("the name", facts.name, *name);
    if (const YamlNode* source = model.Find("source"); source != nullptr && !facts.source.empty()) {
      CheckUnique("the source", facts.source, *source);
    }
    return facts;
  }

  void ReadFact(const YamlNode& key, const YamlNode& value, ModelFacts* facts) {
    if (value.kind == Kind::kNothing) return;
    if (key.text == "aliases" && value.kind == Kind::kList) {
      for (const YamlNode& alias : value.items) {
        if (alias.kind != Kind::kScalar) {
          mistakes_.Add(alias, "an alias is a text");
          continue;
        }
        CheckUnique("the alias", alias.text, alias);
        facts->aliases.push_back(alias.text);
      }
      return;
    }
    if (value.kind != Kind::kScalar || key.text == "aliases") {
      mistakes_.Add(value, absl::StrCat(key.text, ": must be ",
                                        key.text == "aliases" ? "a list" : "a text or a number",
                                        ", not ", YamlKindName(value.kind)));
      return;
    }
    if (const absl::Status status = SetFact(key.text, value.text, facts); !status.ok()) {
      mistakes_.Add(value, std::string(status.message()));
    }
  }

  void CheckUnique(const std::string& what, const std::string& text, const YamlNode& place) {
    const auto [first, is_new] = lines_.emplace(absl::StrCat(what, " ", text), place.line);
    if (is_new) return;
    mistakes_.Add(place, absl::StrCat(what, " \"", text, "\" is that of the model in line ",
                                      first->second, " too"));
  }

  Mistakes mistakes_;
  std::map<std::string, int> lines_;  // where each name, alias and source was first seen
};

}  // namespace

absl::StatusOr<std::vector<ModelFacts>> ReadModelFacts(absl::string_view path,
                                                       absl::string_view text) {
  ASSAY_ASSIGN_OR_RETURN(const YamlNode document, ReadYaml(path, text));
  FactsReader reader;
  std::vector<ModelFacts> facts = reader.Read(document);
  ASSAY_RETURN_IF_ERROR(MistakesStatus(path, reader.mistakes().Sorted()));
  return facts;
}

}  // namespace assay
