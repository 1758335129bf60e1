// The device that computes, at each scrape: docs/monitoring.md.
#ifndef ASSAY_WORKER_METRICS_DEVICE_METRICS_H_
#define ASSAY_WORKER_METRICS_DEVICE_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/device/nvml.h"

namespace assay {

// Thread-safe, if `read` is. Where it fails, the device is left out of the scrape.
class DeviceMetrics : public prometheus::Collectable {
 public:
  using ReadUse = std::function<absl::StatusOr<DeviceUse>()>;
  DeviceMetrics(std::string device, ReadUse read)
      : device_(std::move(device)), read_(std::move(read)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string device_;
  const ReadUse read_;
};

// Of the machine's processors and memory: what is in use by all that runs on it. Each call tells of
// the time since the one before.
DeviceMetrics::ReadUse ReadMachineUse();

}  // namespace assay

#endif  // ASSAY_WORKER_METRICS_DEVICE_METRICS_H_
