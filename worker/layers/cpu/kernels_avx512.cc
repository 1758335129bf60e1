#define ASSAY_KERNELS avx512
#include "worker/layers/cpu/kernels_impl.inc"

namespace assay::cpu {

const Kernels& Avx512Kernels() {
  static constexpr Kernels kKernels = {"avx512",         avx512::Gemm,   avx512::Attention,
                                       avx512::RmsNorm,  avx512::Rotate, avx512::ArgMax,
                                       avx512::LogSumExp};
  return kKernels;
}

}  // namespace assay::cpu
