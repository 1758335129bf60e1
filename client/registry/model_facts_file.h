// Facts of models in a YAML file, as deploy/models.yaml has them:
//
//   models:
//     - name: flan-t5-xl
//       foundation: T5
//       parameters: 3b
//       method: supervised
//       aliases: [Flan-T5-XL]
#ifndef ASSAY_CLIENT_REGISTRY_MODEL_FACTS_FILE_H_
#define ASSAY_CLIENT_REGISTRY_MODEL_FACTS_FILE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/model_facts.h"

namespace assay {

// The models in the file's order; a fact that is not there, or has no value, is not known. The keys
// are those of SetFact (common/domain/model_facts.h) and "name"; aliases are a list.
// InvalidArgument "path:line:column: reason", with every mistake, for what is no such file: a key
// that there is not, a value that is none of its fact, a name that comes twice, or an alias or
// source that two models share.
absl::StatusOr<std::vector<ModelFacts>> ReadModelFacts(absl::string_view path,
                                                       absl::string_view text);

}  // namespace assay

#endif  // ASSAY_CLIENT_REGISTRY_MODEL_FACTS_FILE_H_
