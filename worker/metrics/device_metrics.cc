#include "worker/metrics/device_metrics.h"

#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/metrics/gathered.h"

namespace assay {
namespace {

using prometheus::MetricType;

// Of all processors together, in ticks since the machine started (proc(5), /proc/stat).
struct ProcessorTime {
  double all = 0;
  double idle = 0;
};

absl::StatusOr<ProcessorTime> ReadProcessorTime() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream words(line);
  std::string name;
  words >> name;
  ProcessorTime time;
  double ticks = 0;
  // user nice system idle iowait irq softirq steal; what guests take is in user and nice already.
  for (int i = 0; i < 8 && words >> ticks; ++i) {
    time.all += ticks;
    if (i == 3 || i == 4) time.idle += ticks;
  }
  if (name != "cpu" || time.all <= 0) return absl::UnavailableError("/proc/stat cannot be read");
  return time;
}

absl::StatusOr<DeviceUse> ReadMemory() {
  std::ifstream file("/proc/meminfo");
  DeviceUse use;
  int64_t available = -1;
  constexpr int64_t kKilobyte = 1024;
  std::string name, unit;
  for (int64_t kilobytes = 0; file >> name >> kilobytes; std::getline(file, unit)) {
    if (name == "MemTotal:") use.total_bytes = kilobytes * kKilobyte;
    if (name == "MemAvailable:") available = kilobytes * kKilobyte;
  }
  if (use.total_bytes <= 0 || available < 0) {
    return absl::UnavailableError("/proc/meminfo cannot be read");
  }
  use.used_bytes = use.total_bytes - available;
  return use;
}

}  // namespace

std::vector<prometheus::MetricFamily> DeviceMetrics::Collect() const {
  const absl::StatusOr<DeviceUse> use = read_();
  if (!use.ok()) return {};
  const std::map<std::string, std::string> labels = {{"device", device_}};
  return {Gathered("assay_device_memory_bytes", "Memory of the device that computes",
                   MetricType::Gauge, {{labels, static_cast<double>(use->total_bytes)}}),
          Gathered("assay_device_memory_used_bytes", "Of that, in use by all processes",
                   MetricType::Gauge, {{labels, static_cast<double>(use->used_bytes)}}),
          Gathered("assay_device_utilization_ratio",
                   "Share of the time in which the device computes, for any process",
                   MetricType::Gauge, {{labels, use->utilization}})};
}

DeviceMetrics::ReadUse ReadMachineUse() {
  struct State {
    absl::Mutex mutex;
    ProcessorTime before;
  };
  return [state = std::make_shared<State>()]() -> absl::StatusOr<DeviceUse> {
    absl::StatusOr<DeviceUse> use = ReadMemory();
    const absl::StatusOr<ProcessorTime> now = ReadProcessorTime();
    if (!use.ok() || !now.ok()) return use.ok() ? now.status() : use.status();
    absl::MutexLock lock(&state->mutex);
    const double all = now->all - state->before.all;
    if (all > 0) use->utilization = 1 - (now->idle - state->before.idle) / all;
    state->before = *now;
    return use;
  };
}

}  // namespace assay
