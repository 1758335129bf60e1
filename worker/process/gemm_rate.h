// How fast the machine multiplies matrices: what a coordinator's estimates of time start from.
#ifndef ASSAY_WORKER_PROCESS_GEMM_RATE_H_
#define ASSAY_WORKER_PROCESS_GEMM_RATE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace assay {

// GFLOP/s by precision name ("float32", "bfloat16"), with the threads that are set. Takes about 0.1
// s.
absl::StatusOr<std::map<std::string, double>> MeasureGemmRates();

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_GEMM_RATE_H_
