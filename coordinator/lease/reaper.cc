#include "coordinator/lease/reaper.h"

#include <spdlog/spdlog.h>

namespace assay {
namespace {
constexpr absl::Duration kPeriod = absl::Seconds(1);
}  // namespace

Reaper::Reaper(LeaseManager* leases) : leases_(leases), thread_([this] { Run(); }) {}

Reaper::~Reaper() { Stop(); }

void Reaper::Stop() {
  if (!stop_.HasBeenNotified()) stop_.Notify();
  if (thread_.joinable()) thread_.join();
}

void Reaper::Run() {
  bool outage = false;
  absl::Duration wait = leases_->lease_time();
  while (!stop_.WaitForNotificationWithTimeout(wait)) {
    wait = kPeriod;
    if (outage) {
      // Renewing nothing only tells whether the database is back.
      if (leases_->Renew({}).ok()) {
        outage = false;
        wait = leases_->lease_time();
      }
      continue;
    }
    const absl::Status status = leases_->Reap().status();
    outage = absl::IsUnavailable(status);
    if (!status.ok() && !outage) SPDLOG_ERROR("taking back leases: {}", status.ToString());
  }
}

}  // namespace assay
