// How fast the machine multiplies matrices: what a coordinator's estimates of time start from.
#ifndef ASSAY_WORKER_PROCESS_GEMM_RATE_H_
#define ASSAY_WORKER_PROCESS_GEMM_RATE_H_

#include <map>
#include <string>

namespace assay {

// GFLOP/s of the engine's kernels by precision name, with the threads that are set. Takes about
// 0.2 s; must not run beside a forward pass.
std::map<std::string, double> MeasureGemmRates();

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_GEMM_RATE_H_
