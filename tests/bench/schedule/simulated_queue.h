// The queue of runs and shards that the simulator keeps in memory, with the transitions that
// docs/leases.md describes.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_SIMULATED_QUEUE_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_SIMULATED_QUEUE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "coordinator/schedule/cluster_state.h"
#include "tests/bench/schedule/suite.h"

namespace assay::simulation {

// Items [begin, end) of a run.
struct SimulatedShard {
  int64_t begin = 0;
  int64_t end = 0;
  int attempt = 0;
  int failures = 0;
};

struct SimulatedLease {
  int64_t lease_id = 0;
  size_t run = 0;
  SimulatedShard shard;
  std::string worker_id;
  double deadline = 0;  // seconds
  double tokens = 0;
};

struct SimulatedRun {
  QueuedRun queued;
  const SuiteBenchmark* benchmark = nullptr;
  std::vector<double> tokens_until;  // prefix sums: of the items before
  std::deque<SimulatedShard> pending;
  std::vector<uint8_t> stored;  // how often each item was
  size_t job = 0;
  double Tokens(const SimulatedShard& shard) const {
    return tokens_until[shard.end] - tokens_until[shard.begin];
  }
};

class SimulatedQueue {
 public:
  // A run in shards of `shard_items`.
  void Add(const QueuedRun& run, size_t job, const SuiteBenchmark& benchmark, int64_t shard_items);

  const std::vector<SimulatedRun>& runs() const { return runs_; }
  const std::map<int64_t, SimulatedLease>& leases() const { return leases_; }
  bool done() const { return open_items_ == 0; }
  // Fills in `runs` of jobs that were submitted, and `leases`.
  void Describe(const std::vector<bool>& submitted, ClusterState* state) const;

  // At most `count` shards of at most `most_items` (0: as they are) each.
  std::vector<SimulatedLease> Lease(int64_t run_id, int count, int64_t most_items,
                                    const std::string& worker_id, double deadline);
  // False when it is not held any more. What it covers becomes pending again.
  bool TakeBack(int64_t lease_id);
  bool Renew(int64_t lease_id, double deadline);
  // False for one that is over: nothing is stored.
  bool Commit(int64_t lease_id);
  // Ends those that are past their deadline, by the coordinator's policy; returns how many.
  int Reap(double now);

 private:
  size_t IndexOf(int64_t run_id) const { return static_cast<size_t>(run_id - 1); }

  std::vector<SimulatedRun> runs_;
  std::map<int64_t, SimulatedLease> leases_;
  int64_t next_lease_ = 1;
  int64_t open_items_ = 0;
};

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_SIMULATED_QUEUE_H_
