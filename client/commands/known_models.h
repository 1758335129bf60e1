// Internal to the model commands: what is known of models, and where their files are on this
// machine.
#ifndef ASSAY_CLIENT_COMMANDS_KNOWN_MODELS_H_
#define ASSAY_CLIENT_COMMANDS_KNOWN_MODELS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/commands/service.h"
#include "client/registry/model_files.h"
#include "common/domain/model_facts.h"

namespace assay {

// The facts that the service has, in order of name.
absl::StatusOr<std::vector<ModelFacts>> FetchFacts(Service& service);

// Those, and of models that it has none of, the program's own list.
absl::StatusOr<std::vector<ModelFacts>> FetchKnown(Service& service);

// A model that a user names, on this machine.
struct FoundModel {
  std::string name;    // that it is to have
  std::string path;    // absolute
  std::string hub_id;  // empty: not known
  bool in_cache = false;
  ModelFiles files;
};

// `path` is a path, or a Hugging Face id, or empty: the model is then what `name` is known as. A
// Hugging Face id as `name` gives the name too. NotFound, with the way to get the model, where it
// is not in this machine's cache; InvalidArgument where nobody could know what is meant.
absl::StatusOr<FoundModel> FindModel(const std::string& name, const std::string& path,
                                     const std::string& revision,
                                     const std::vector<ModelFacts>& known);

// InvalidArgument, naming each file that is missing and how to get it.
absl::Status CheckComplete(const FoundModel& found);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_KNOWN_MODELS_H_
