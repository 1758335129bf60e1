#include "worker/cli/description.h"

#include <unistd.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "common/base/version.h"
#include "worker/device/cuda.h"
#include "worker/device/device.h"
#include "worker/machine/machine.h"

namespace assay {
namespace {

// For models, their keys and values; 0: not known.
int64_t MemoryFor(const Device& device) {
  if (device.is_cpu()) return AvailableBytes();
  const absl::StatusOr<CudaFacts> facts = ReadCudaFacts(device);
  return facts.ok() ? facts->total_bytes : 0;
}

}  // namespace

WorkerInfo DescribeWorker(const WorkerArguments& arguments, const ComputeDevice& device,
                          absl::BitGen* random) {
  WorkerInfo worker;
  worker.hostname = Hostname();
  worker.worker_id = arguments.worker_id;
  if (worker.worker_id.empty()) {
    worker.worker_id =
        absl::StrFormat("%s-%d-%08x", worker.hostname, getpid(), absl::Uniform<uint32_t>(*random));
  }
  worker.engine_version = device.engine;
  if (arguments.remote_shards > 0) worker.remote_engine = kRemoteEngine;
  worker.sandbox = arguments.sandbox;
  worker.device = device.device.Name();
  worker.threads = arguments.threads;
  worker.gflops = device.gflops;
  worker.memory_bytes = MemoryFor(device.device);
  worker.tensor_parallel = arguments.tensor_parallel;
  // Processes that were started one by one are on machines of their own.
  if (arguments.tensor_parallel_rank >= 0) worker.memory_bytes *= arguments.tensor_parallel;
  return worker;
}

}  // namespace assay
