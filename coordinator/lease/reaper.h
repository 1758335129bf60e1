// Takes back the leases that ran out, once a second, in whichever coordinator gets to it first.
#ifndef ASSAY_COORDINATOR_LEASE_REAPER_H_
#define ASSAY_COORDINATOR_LEASE_REAPER_H_

#include <thread>

#include "absl/synchronization/notification.h"
#include "coordinator/lease/lease_manager.h"

namespace assay {

// For one lease time after its start, and after each outage of the database, nothing is taken back:
// the workers could not renew either, and get the time to.
class Reaper {
 public:
  explicit Reaper(LeaseManager* leases);
  ~Reaper();

  // Safe to call twice.
  void Stop();

 private:
  void Run();

  LeaseManager* const leases_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_REAPER_H_
