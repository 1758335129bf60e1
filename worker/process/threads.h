// The threads of the computation.
#ifndef ASSAY_WORKER_PROCESS_THREADS_H_
#define ASSAY_WORKER_PROCESS_THREADS_H_

#include <vector>

#include "absl/status/status.h"

namespace assay {

// Makes libtorch and the layers use so many threads, each bound to a processor of `processors`
// where there are as many. Once, before anything is computed.
absl::Status SetComputeThreads(int threads, const std::vector<int>& processors);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_THREADS_H_
