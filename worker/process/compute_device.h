// The device that this process computes on, ready to use, and what a coordinator is told of it.
#ifndef ASSAY_WORKER_PROCESS_COMPUTE_DEVICE_H_
#define ASSAY_WORKER_PROCESS_COMPUTE_DEVICE_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/device/device.h"

namespace assay {

struct ComputeDevice {
  Device device;
  std::string engine;                    // as EngineIdentity, for example "2/cuda-sm90"
  std::map<std::string, double> gflops;  // as MeasureGemmRates
};

// Opens the device of that name and measures it, with the threads that are set; must not run beside
// a forward pass. Errors are those of Device::Parse and OpenCuda.
absl::StatusOr<ComputeDevice> OpenComputeDevice(absl::string_view name);

// What an engine on the device computes with beside its kernels: "<kEngineVersion>/<kernels>".
std::string DeviceEngineIdentity(absl::string_view architecture);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_COMPUTE_DEVICE_H_
