#include "worker/process/engine_identity.h"

#include "absl/strings/str_cat.h"
#include "common/base/version.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {

std::string EngineIdentity() { return absl::StrCat(kEngineVersion, "/", cpu::BestKernels().name); }

}  // namespace assay
