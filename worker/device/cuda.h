// libtorch's CUDA half, which is loaded only when a CUDA device is asked for, so that one binary
// serves machines with and without one.
#ifndef ASSAY_WORKER_DEVICE_CUDA_H_
#define ASSAY_WORKER_DEVICE_CUDA_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/device/device.h"

namespace assay {

// Loads libtorch_cuda.so (`library`, as dlopen takes it) into the process and checks that the
// device is there. FailedPrecondition names the library that is missing, or says how many devices
// there are. May be called again; the first time before there are other threads.
absl::Status OpenCuda(const Device& device, const std::string& library = "libtorch_cuda.so");

struct CudaFacts {
  std::string architecture;  // "sm90", by the compute capability
  int major = 0;             // of the compute capability
  int64_t free_bytes = 0;    // of the device's memory, now
  int64_t total_bytes = 0;
};

// Of a device that OpenCuda has opened.
absl::StatusOr<CudaFacts> ReadCudaFacts(const Device& device);

// "0000:3B:00.0"; by this, and not by its number, other libraries know a device, whatever of them
// this process sees. Of a device that OpenCuda has opened.
absl::StatusOr<std::string> PciBusIdOf(const Device& device);

// The memory for keys and values on a device with `free_bytes` left once the weights are there:
// what stays after a reserve for a pass's intermediate results and the libraries' own buffers.
int64_t KvCacheBytesFor(int64_t free_bytes, int64_t total_bytes);

}  // namespace assay

#endif  // ASSAY_WORKER_DEVICE_CUDA_H_
