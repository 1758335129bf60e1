#define ASSAY_KERNELS avx2
#include "worker/layers/cpu/kernels_impl.inc"

namespace assay::cpu {

const Kernels& Avx2Kernels() {
  static constexpr Kernels kKernels = {"avx2",       avx2::Gemm,   avx2::Attention, avx2::RmsNorm,
                                       avx2::Rotate, avx2::ArgMax, avx2::LogSumExp};
  return kKernels;
}

}  // namespace assay::cpu
