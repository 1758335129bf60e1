// Exchanges between CUDA devices by NVIDIA's NCCL, which is loaded when it is asked for, as
// libtorch's CUDA half is (worker/device/cuda.h).
#ifndef ASSAY_WORKER_PARALLEL_NCCL_H_
#define ASSAY_WORKER_PARALLEL_NCCL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/parallel/device_group.h"

namespace assay {

struct NcclOptions {
  int device = 0;                               // this process's, which OpenCuda has opened
  absl::Duration patience = absl::Minutes(10);  // for the others' part of an exchange
  std::string library = "libnccl.so.2";         // as dlopen takes it
};

// Joins the processes of `group`, which must outlive the result; all of them call it. Blocks until
// all have, and may hang where a process ends meanwhile. FailedPrecondition, in all processes, when
// one has not the library, with its index and the loader's words; Unavailable when NCCL cannot
// connect them.
absl::StatusOr<std::unique_ptr<DeviceGroup>> JoinNccl(TensorParallel* group,
                                                      const NcclOptions& options);

}  // namespace assay

#endif  // ASSAY_WORKER_PARALLEL_NCCL_H_
