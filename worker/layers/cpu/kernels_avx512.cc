#define ASSAY_KERNELS avx512
#include "worker/layers/cpu/kernels_impl.inc"

namespace assay::cpu {

const Kernels& Avx512Kernels() {
  static constexpr Kernels kKernels = avx512::Table("avx512");
  return kKernels;
}

}  // namespace assay::cpu
