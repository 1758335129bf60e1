// What NVIDIA's management library tells of a GPU. It is the driver's, and loaded when it is asked
// for.
#ifndef ASSAY_WORKER_DEVICE_NVML_H_
#define ASSAY_WORKER_DEVICE_NVML_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace assay {

struct DeviceUse {
  int64_t total_bytes = 0;
  int64_t used_bytes = 0;  // by all processes
  double utilization = 0;  // share of the last second or so in which it computed, 0 to 1
};

// Thread-safe. It asks the driver, and nothing of the device's own queues: no kernel waits for it.
class Nvml {
 public:
  // `pci_bus_id`: the device's, "0000:3B:00.0". FailedPrecondition where the library (`library`, as
  // dlopen takes it) or the device is not there.
  static absl::StatusOr<std::unique_ptr<Nvml>> Open(
      const std::string& pci_bus_id, const std::string& library = "libnvidia-ml.so.1");
  absl::StatusOr<DeviceUse> Read() const;

 private:
  struct Functions;
  Nvml(std::shared_ptr<const Functions> functions, void* device);

  const std::shared_ptr<const Functions> functions_;
  void* const device_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_DEVICE_NVML_H_
