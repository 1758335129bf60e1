#define ASSAY_KERNELS amx
#define ASSAY_AMX
#include "worker/layers/cpu/kernels_impl.inc"

namespace assay::cpu {

const Kernels& AmxKernels() {
  static constexpr Kernels kKernels = amx::Table("amx");
  return kKernels;
}

}  // namespace assay::cpu
