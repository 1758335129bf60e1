// What simulated workers reported of models' speeds, as the table measured_work has it.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_MEASURED_SPEEDS_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_MEASURED_SPEEDS_H_

#include <cstddef>
#include <vector>

#include "coordinator/schedule/cluster_state.h"
#include "tests/bench/schedule/simulated_cluster.h"
#include "tests/bench/schedule/simulation.h"

namespace assay::simulation {

class MeasuredSpeeds {
 public:
  MeasuredSpeeds(size_t models, size_t kinds) : sums_(models, std::vector<Sums>(kinds)) {}

  // As if each kind had loaded each model once, and computed it for a second.
  void AddAll(const SimulatedCluster& cluster);
  void AddLoad(size_t model, size_t kind, double seconds);
  void AddWork(size_t model, size_t kind, double tokens, double seconds);
  // Fills in `speeds`.
  void Describe(const std::vector<WorkerKind>& kinds, ClusterState* state) const;

 private:
  struct Sums {
    double tokens = 0;
    double seconds = 0;
    double load_seconds = 0;
    int loads = 0;
  };
  std::vector<std::vector<Sums>> sums_;  // by model and kind
};

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_MEASURED_SPEEDS_H_
