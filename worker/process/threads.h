// The threads of the computation.
#ifndef ASSAY_WORKER_PROCESS_THREADS_H_
#define ASSAY_WORKER_PROCESS_THREADS_H_

#include "absl/status/status.h"

namespace assay {

// Makes libtorch and the layers use so many threads. Once, before anything is computed.
absl::Status SetComputeThreads(int threads);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_THREADS_H_
