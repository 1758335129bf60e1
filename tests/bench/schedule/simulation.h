// A cluster that computes the suite under a simulated clock. What is given to whom is decided by
// the coordinator's own Scheduler, SpeedMeter, failure policy and planner's sizes of shards;
// leases, heartbeats and the reaper are as docs/leases.md has them. Only the database and the
// network are left out: a queue in memory takes their place.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_SIMULATION_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_SIMULATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/worker.h"
#include "coordinator/schedule/cluster_state.h"
#include "tests/bench/schedule/lower_bound.h"
#include "tests/bench/schedule/machine_time.h"
#include "tests/bench/schedule/suite.h"

namespace assay::simulation {

struct WorkerKind {
  std::string name;
  WorkerInfo worker;         // as it registers
  double efficiency = 0.35;  // of the rate that it measured, which it really reaches
  double load_bytes_per_second = 1e9;
};

struct SimulatedJob {
  std::string owner = "";
  int priority = 0;
  double submitted = 0;  // seconds
  std::vector<SuiteModel> models;
  std::vector<SuiteBenchmark> benchmarks;
};

struct SimulationOptions {
  std::vector<WorkerKind> kinds;
  std::vector<int> workers;  // of each kind
  std::vector<SimulatedJob> jobs;
  int coordinators = 1;        // each of which decides for its share of the workers
  double straggler_share = 0;  // of the workers, ten times slower in everything
  double lost_share = 0;       // of the workers, at random moments of the lower bound's time
  double speed_spread = 0.2;   // how far a model's speed on a kind may be from the kind's
  double lease_seconds = 30;
  uint64_t seed = 1;
  std::vector<OwnerShare> shares = {};
  bool speeds_known = false;  // as after an earlier sweep of the same models
};

struct SimulatedRunEnd {
  std::string owner;
  double seconds = 0;  // when the job's last item was stored
};

struct SimulationResult {
  LowerBound bound;
  double makespan = 0;
  int64_t loads = 0;
  int64_t leases = 0;
  int64_t expired = 0;     // leases that ran out
  int64_t taken_back = 0;  // leases taken back for an idle worker
  LostTime lost_time;
  std::vector<double> job_ends;  // by job
  // Worker-seconds of the jobs' stored work until the first of them ended.
  std::vector<double> served_until_first_end;
  int most_loads_of_one = 0;  // that one worker did
  bool complete = false;      // each item was stored once
  // Of this machine's time, for one decision with its share of updates.
  double decide_microseconds = 0;
};

SimulationResult Simulate(const SimulationOptions& options);

// The kinds that the tables are made with: a small GPU, a large one, and a group of four.
std::vector<WorkerKind> SuiteKinds();

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_SIMULATION_H_
