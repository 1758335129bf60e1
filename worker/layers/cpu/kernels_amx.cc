#define ASSAY_KERNELS amx
#include "worker/layers/cpu/kernels_impl.inc"

namespace assay::cpu {

const Kernels& AmxKernels() {
  static constexpr Kernels kKernels = {"amx",       amx::Gemm,   amx::Attention, amx::RmsNorm,
                                       amx::Rotate, amx::ArgMax, amx::LogSumExp};
  return kKernels;
}

}  // namespace assay::cpu
