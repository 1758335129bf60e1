// Hands leases to the workers that want some, whose streams it knows: a few threads for all of
// them.
#ifndef ASSAY_COORDINATOR_SERVICE_LEASE_GRANTER_H_
#define ASSAY_COORDINATOR_SERVICE_LEASE_GRANTER_H_

#include <atomic>
#include <deque>
#include <memory>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "coordinator/lease/lease_manager.h"

namespace assay {

// A stream of a worker, as the granter sees it. Called by one thread at a time.
class LeaseTaker {
 public:
  virtual ~LeaseTaker() = default;
  // What it would take now. What the orders point to lives as long as the taker.
  virtual std::vector<LeaseOrder> Orders() = 0;
  // The answer to one of them; returns how many it was handed.
  virtual int Take(const LeaseOrder& order, absl::StatusOr<std::vector<GrantedLease>> leases) = 0;
  // Whether it wants more than it was handed.
  virtual bool WantsMore() = 0;
};

// Thread-safe. Who wants leases when there are none is asked again, seldomer and seldomer up to
// twice a second (work may have been submitted to another coordinator), and whenever
// LeaseManager::pending moves. Those who ask at the same time are answered together.
class LeaseGranter {
 public:
  // `leases` outlives the granter.
  explicit LeaseGranter(LeaseManager* leases);
  ~LeaseGranter();

  void Add(std::shared_ptr<LeaseTaker> taker);
  // It wants something else than before. Nothing for one that was not added.
  void Wake(const LeaseTaker* taker);
  // When it has returned, the taker is not called any more. Nothing for one that was not added.
  void Remove(const LeaseTaker* taker);
  // Nobody is called any more. Safe to call twice.
  void Stop();

 private:
  struct Entry {
    std::shared_ptr<LeaseTaker> taker;
    bool is_ready = false;    // it stands in ready_
    bool is_called = false;   // right now
    bool is_woken = false;    // since it is called
    bool wants_more = false;  // than it has got
    absl::Duration pause;
    absl::Time next = absl::InfiniteFuture();  // in times_ when it is finite
  };

  using Called = std::vector<const LeaseTaker*>;

  void Grant();
  void Listen();
  // The next ones that are ready, who are called from now on.
  Called TakeReady() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Outcome {
    bool granted = false;     // something
    bool wants_more = false;  // than that
  };
  // Of each of them.
  std::vector<Outcome> Serve(const std::vector<LeaseTaker*>& takers);
  void MakeReady(const LeaseTaker* taker, Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTime(const LeaseTaker* taker, Entry& entry, absl::Time time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  LeaseManager* const leases_;
  absl::Mutex mutex_;
  std::unordered_map<const LeaseTaker*, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::deque<const LeaseTaker*> ready_ ABSL_GUARDED_BY(mutex_);  // some may be gone meanwhile
  std::set<std::pair<absl::Time, const LeaseTaker*>> times_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<bool> listener_stops_{false};
  std::vector<std::thread> threads_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_LEASE_GRANTER_H_
