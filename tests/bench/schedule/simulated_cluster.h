// The workers and models of a simulation, as they really are; the scheduler learns of it only what
// workers report.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_SIMULATED_CLUSTER_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_SIMULATED_CLUSTER_H_

#include <cstddef>
#include <deque>
#include <random>
#include <vector>

#include "common/domain/worker.h"
#include "coordinator/schedule/cluster_state.h"
#include "tests/bench/schedule/lower_bound.h"
#include "tests/bench/schedule/machine_time.h"
#include "tests/bench/schedule/simulated_queue.h"
#include "tests/bench/schedule/simulation.h"

namespace assay::simulation {

constexpr double kNever = 1e18;

struct SimulatedMachine {
  WorkerInfo info;
  size_t kind = 0;
  double factor = 1;     // of its kind's speed
  double lost = kNever;  // when
  size_t coordinator = 0;
  int loaded = -1;                  // model
  std::deque<SimulatedLease> held;  // the first one is computed
  int loads = 0;
  MachineTime time;
};

struct SimulatedCluster {
  std::vector<QueuedModel> models;
  // By model and kind: tokens per second (0: it does not fit), and seconds to load.
  std::vector<std::vector<double>> rates;
  std::vector<std::vector<double>> loads;
  std::vector<SimulatedMachine> machines;
};

// In [0, 1).
double Uniform(std::mt19937_64& random);

SimulatedCluster MakeCluster(const SimulationOptions& options, std::mt19937_64& random);

// A run of each model on each benchmark, in shards as the planner cuts them on submission.
void QueueRuns(const SimulationOptions& options, const SimulatedCluster& cluster,
               SimulatedQueue* queue);

LowerBound BoundOf(const SimulatedCluster& cluster, const SimulatedQueue& queue, size_t kinds);

// Of workers that worked until `makespan` or their loss, whose times are closed.
LostTime CountLostTime(const std::vector<SimulatedMachine>& machines, const LowerBound& bound,
                       double makespan);

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_SIMULATED_CLUSTER_H_
