#include "tests/bench/schedule/measured_speeds.h"

#include <algorithm>

#include "common/domain/worker_kind.h"

namespace assay::simulation {

void MeasuredSpeeds::AddAll(const SimulatedCluster& cluster) {
  for (size_t model = 0; model < sums_.size(); ++model) {
    for (size_t kind = 0; kind < sums_[model].size(); ++kind) {
      const double rate = cluster.rates[model][kind];
      if (rate <= 0) continue;
      AddLoad(model, kind, cluster.loads[model][kind]);
      AddWork(model, kind, rate, 1);
    }
  }
}

void MeasuredSpeeds::AddLoad(size_t model, size_t kind, double seconds) {
  sums_[model][kind].load_seconds += seconds;
  ++sums_[model][kind].loads;
}

void MeasuredSpeeds::AddWork(size_t model, size_t kind, double tokens, double seconds) {
  sums_[model][kind].tokens += tokens;
  sums_[model][kind].seconds += seconds;
}

void MeasuredSpeeds::Describe(const std::vector<WorkerKind>& kinds, ClusterState* state) const {
  for (size_t model = 0; model < sums_.size(); ++model) {
    for (size_t kind = 0; kind < kinds.size(); ++kind) {
      const Sums& sums = sums_[model][kind];
      if (sums.tokens <= 0) continue;
      state->speeds.push_back({state->models[model].weights_sha256, state->models[model].precision,
                               WorkerKindOf(kinds[kind].worker), sums.tokens / sums.seconds,
                               sums.load_seconds / std::max(1, sums.loads)});
    }
  }
}

}  // namespace assay::simulation
