#define ASSAY_KERNELS avx2
#include "worker/layers/cpu/kernels_impl.inc"

namespace assay::cpu {

const Kernels& Avx2Kernels() {
  static constexpr Kernels kKernels = avx2::Table("avx2");
  return kKernels;
}

}  // namespace assay::cpu
