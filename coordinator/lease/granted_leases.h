// What this coordinator has granted: spares a commit the look into the database for what a shard is
// about. Only a memory: the database decides whether a lease is current.
#ifndef ASSAY_COORDINATOR_LEASE_GRANTED_LEASES_H_
#define ASSAY_COORDINATOR_LEASE_GRANTED_LEASES_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/domain/run.h"
#include "common/domain/worker.h"

namespace assay {

// What never changes under one lease.
struct GrantedShard {
  std::shared_ptr<const RunSpec> run;
  std::vector<int64_t> ordinals;
};

// Thread-safe. Holds the latest `capacity` leases.
class GrantedLeases {
 public:
  explicit GrantedLeases(size_t capacity) : capacity_(capacity) {}

  void Add(const LeaseKey& key, const RunSpec& run, std::vector<int64_t> ordinals);
  // Nothing for a lease that is not known here: another coordinator granted it, or it is long ago.
  std::optional<GrantedShard> Find(const LeaseKey& key) const;
  void Forget(const LeaseKey& key);

 private:
  struct Entry {
    LeaseKey key;
    GrantedShard shard;
  };

  const size_t capacity_;
  mutable absl::Mutex mutex_;
  std::unordered_map<int64_t, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by lease_id
  // In the order of their coming; those that are forgotten stay until their turn.
  std::deque<int64_t> order_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const RunSpec> latest_ ABSL_GUARDED_BY(mutex_);  // leases of one run share it
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_GRANTED_LEASES_H_
