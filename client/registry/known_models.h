// The models that the program knows of by itself: those of deploy/models.yaml.
#ifndef ASSAY_CLIENT_REGISTRY_KNOWN_MODELS_H_
#define ASSAY_CLIENT_REGISTRY_KNOWN_MODELS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/model_facts.h"

namespace assay {

// In the file's order.
absl::StatusOr<std::vector<ModelFacts>> KnownModels();

// `others`' models in front, then those of `known` that none of them names.
std::vector<ModelFacts> MergeKnown(std::vector<ModelFacts> others, std::vector<ModelFacts> known);

// The model with this very name; null when there is none.
const ModelFacts* FindNamed(absl::Span<const ModelFacts> models, absl::string_view name);

// What a user may mean: the model with this name, source or alias, looked for in that order and
// with letters of any case in an alias; null when there is none.
const ModelFacts* FindKnown(absl::Span<const ModelFacts> models, absl::string_view text);

}  // namespace assay

#endif  // ASSAY_CLIENT_REGISTRY_KNOWN_MODELS_H_
