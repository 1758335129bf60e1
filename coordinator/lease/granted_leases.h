// What this coordinator has granted: spares a commit the look into the database for what a shard is
// about. Only a memory: the database decides whether a lease is current.
#ifndef ASSAY_COORDINATOR_LEASE_GRANTED_LEASES_H_
#define ASSAY_COORDINATOR_LEASE_GRANTED_LEASES_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/domain/run.h"
#include "common/domain/worker.h"
#include "common/tracing/trace_context.h"

namespace assay {

// A lease as a part of its job's trace.
struct LeaseTrace {
  TraceContext context = {};  // its own
  std::string parent_span_id = {};
  absl::Time granted = absl::InfinitePast();
  std::string worker_id = {};
};

// What never changes under one lease.
struct GrantedShard {
  std::shared_ptr<const RunSpec> run;
  std::vector<int64_t> ordinals;
  LeaseTrace trace = {};
};

// Thread-safe. Holds the latest `capacity` leases.
class GrantedLeases {
 public:
  explicit GrantedLeases(size_t capacity) : capacity_(capacity) {}

  void Add(const LeaseKey& key, const RunSpec& run, std::vector<int64_t> ordinals,
           LeaseTrace trace = {});
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
