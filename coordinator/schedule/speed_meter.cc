#include "coordinator/schedule/speed_meter.h"

#include <algorithm>

namespace assay {
namespace {

constexpr double kRememberedSeconds = 60;  // of a worker's time, about
constexpr double kSlowest = 0.01;
constexpr double kFastest = 10;
// Of the time until the first report after a load, at least so much was computing: what a load is
// expected to take may be wrong.
constexpr double kComputingAfterLoad = 0.3;
constexpr absl::Duration kForgetAfter = absl::Hours(1);

}  // namespace

void SpeedMeter::Granted(const std::string& worker_id, int64_t lease_id, double seconds,
                         double load_seconds, absl::Time now) {
  Forget(now);
  Record& record = workers_[worker_id];
  if (!open_.emplace(lease_id, Open{worker_id, seconds, load_seconds}).second) return;
  record.heard = now;
  if (record.open++ == 0) record.busy_since = now;
  record.load_seconds += load_seconds;
}

void SpeedMeter::Committed(int64_t lease_id, absl::Time now) {
  const auto found = open_.find(lease_id);
  if (found == open_.end()) return;
  const Open lease = found->second;
  open_.erase(found);
  Record& record = workers_[lease.worker_id];
  const double elapsed = absl::ToDoubleSeconds(now - record.busy_since);
  const double computing = std::max(elapsed - record.load_seconds, elapsed * kComputingAfterLoad);
  const double fade = std::max(0.0, 1 - computing / kRememberedSeconds);
  record.expected = record.expected * fade + lease.seconds;
  record.taken = record.taken * fade + std::max(computing, 1e-6);
  record.load_seconds = 0;
  record.heard = now;
  record.busy_since = --record.open > 0 ? now : absl::InfiniteFuture();
}

void SpeedMeter::Ended(int64_t lease_id, absl::Time now) {
  const auto found = open_.find(lease_id);
  if (found == open_.end()) return;
  Record& record = workers_[found->second.worker_id];
  open_.erase(found);
  record.heard = now;
  if (--record.open <= 0) record.busy_since = absl::InfiniteFuture();
}

WorkerSpeed SpeedMeter::Of(const std::string& worker_id) const {
  WorkerSpeed speed;
  const auto found = workers_.find(worker_id);
  if (found == workers_.end()) return speed;
  const Record& record = found->second;
  speed.busy_since = record.busy_since;
  if (record.taken <= 0) return speed;
  speed.measured = true;
  speed.factor = std::clamp(record.expected / record.taken, kSlowest, kFastest);
  return speed;
}

void SpeedMeter::Forget(absl::Time now) {
  if (now - forgot_ < kForgetAfter / 10) return;
  forgot_ = now;
  for (auto record = workers_.begin(); record != workers_.end();) {
    record = now - record->second.heard > kForgetAfter ? workers_.erase(record) : ++record;
  }
  for (auto lease = open_.begin(); lease != open_.end();) {
    lease = workers_.count(lease->second.worker_id) == 0 ? open_.erase(lease) : ++lease;
  }
}

}  // namespace assay
