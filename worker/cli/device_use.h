#ifndef ASSAY_WORKER_CLI_DEVICE_USE_H_
#define ASSAY_WORKER_CLI_DEVICE_USE_H_

#include <memory>

#include "worker/device/device.h"
#include "worker/metrics/device_metrics.h"

namespace assay {

// How busy the device is, for the metrics. What is not told of a GPU is left out of them.
std::shared_ptr<DeviceMetrics> DeviceMetricsOf(const Device& device);

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_DEVICE_USE_H_
