#include "worker/cli/device_use.h"

#include <string>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "spdlog/spdlog.h"
#include "worker/device/cuda.h"
#include "worker/device/nvml.h"
#include "worker/machine/machine.h"

namespace assay {

std::shared_ptr<DeviceMetrics> DeviceMetricsOf(const Device& device) {
  if (device.is_cpu()) return std::make_shared<DeviceMetrics>(device.Name(), ReadMachineUse());
  const auto open = [&]() -> absl::StatusOr<std::shared_ptr<Nvml>> {
    ASSAY_ASSIGN_OR_RETURN(const std::string bus_id, PciBusIdOf(device));
    ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Nvml> opened, Nvml::Open(bus_id));
    return opened;
  };
  const absl::StatusOr<std::shared_ptr<Nvml>> nvml = open();
  if (!nvml.ok()) {
    SPDLOG_WARN("the use of {} is not told: {}", device.Name(),
                std::string(nvml.status().message()));
  }
  return std::make_shared<DeviceMetrics>(
      device.Name(), [nvml] { return nvml.ok() ? (*nvml)->Read() : nvml.status(); });
}

}  // namespace assay
