// The functions and classes that a pickle of tensors may name.
#ifndef ASSAY_WORKER_WEIGHTS_PICKLE_GLOBALS_H_
#define ASSAY_WORKER_WEIGHTS_PICKLE_GLOBALS_H_

#include "absl/strings/string_view.h"

namespace assay {

inline constexpr absl::string_view kOrderedDict = "collections.OrderedDict";
inline constexpr absl::string_view kRebuildTensor = "torch._utils._rebuild_tensor";
inline constexpr absl::string_view kRebuildTensor2 = "torch._utils._rebuild_tensor_v2";
inline constexpr absl::string_view kRebuildTensor3 = "torch._utils._rebuild_tensor_v3";
inline constexpr absl::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
inline constexpr absl::string_view kRebuildParameterWithState =
    "torch._utils._rebuild_parameter_with_state";
inline constexpr absl::string_view kRebuildFromType = "torch._tensor._rebuild_from_type_v2";
inline constexpr absl::string_view kSize = "torch.Size";

// "MODULE.NAME" where it may be named; empty where not. The result lives forever.
absl::string_view FindPickleGlobal(absl::string_view module, absl::string_view name);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_PICKLE_GLOBALS_H_
