#include "client/registry/known_models.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "client/registry/embedded_models.h"
#include "client/registry/model_facts_file.h"

namespace assay {
namespace {

template <typename Matches>
const ModelFacts* Find(absl::Span<const ModelFacts> models, const Matches& matches) {
  const auto found = std::find_if(models.begin(), models.end(), matches);
  return found == models.end() ? nullptr : &*found;
}

}  // namespace

absl::StatusOr<std::vector<ModelFacts>> KnownModels() {
  return ReadModelFacts("deploy/models.yaml", EmbeddedModels());
}

std::vector<ModelFacts> MergeKnown(std::vector<ModelFacts> others, std::vector<ModelFacts> known) {
  std::set<std::string> names;
  for (const ModelFacts& facts : others) names.insert(facts.name);
  for (ModelFacts& facts : known) {
    if (!names.contains(facts.name)) others.push_back(std::move(facts));
  }
  return others;
}

const ModelFacts* FindNamed(absl::Span<const ModelFacts> models, absl::string_view name) {
  return Find(models, [&](const ModelFacts& facts) { return facts.name == name; });
}

const ModelFacts* FindKnown(absl::Span<const ModelFacts> models, absl::string_view text) {
  if (text.empty()) return nullptr;
  if (const ModelFacts* found = FindNamed(models, text)) return found;
  if (const ModelFacts* found =
          Find(models, [&](const ModelFacts& facts) { return facts.source == text; })) {
    return found;
  }
  return Find(models, [&](const ModelFacts& facts) {
    return std::any_of(facts.aliases.begin(), facts.aliases.end(), [&](const std::string& alias) {
      return absl::EqualsIgnoreCase(alias, text);
    });
  });
}

}  // namespace assay
