// A group of processes by libtorch's c10d: gloo over TCP.
#ifndef ASSAY_WORKER_PARALLEL_PROCESS_GROUP_H_
#define ASSAY_WORKER_PARALLEL_PROCESS_GROUP_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/parallel/tensor_parallel.h"

namespace assay {

struct ProcessGroupOptions {
  Share share;                     // this process's
  std::string host = "127.0.0.1";  // of the first process, as the others reach it
  int port = 0;                    // where the first process listens; 0, for it alone: any
  absl::Duration patience = absl::Minutes(10);  // until all processes are there
};

class ProcessGroup : public TensorParallel {
 public:
  // The first process listens at once; the others look for it. Join must follow.
  static absl::StatusOr<std::unique_ptr<ProcessGroup>> Create(const ProcessGroupOptions& options);
  ~ProcessGroup() override;

  // Where the first process listens.
  int port() const;
  // Waits until all processes are there. DeadlineExceeded names how many were awaited.
  absl::Status Join();

  Share share() const override;
  absl::Status AllGather(const void* mine, int64_t bytes, void* all) override;
  absl::Status Broadcast(void* data, int64_t bytes) override;

 private:
  class Impl;
  explicit ProcessGroup(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_PARALLEL_PROCESS_GROUP_H_
