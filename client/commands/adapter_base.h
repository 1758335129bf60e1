// Internal to `assay model add`: where the base of a LoRA adapter is.
#ifndef ASSAY_CLIENT_COMMANDS_ADAPTER_BASE_H_
#define ASSAY_CLIENT_COMMANDS_ADAPTER_BASE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "assay/v1/types.pb.h"

namespace assay {

using ListOfModels = std::function<absl::StatusOr<std::vector<v1::ModelSpec>>()>;

// An absolute path; empty of a model that is no adapter. `wanted` is a path, a Hugging Face id in
// this machine's cache or the name of a model that is registered; where it is empty, what the
// adapter's own settings name, which may be each of these, too. `models` is called only to look a
// name up. NotFound says how to name the base; InvalidArgument where a base is named of what is no
// adapter.
absl::StatusOr<std::string> FindAdapterBase(const std::string& folder, const std::string& wanted,
                                            const ListOfModels& models);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_ADAPTER_BASE_H_
