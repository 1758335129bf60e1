#include "coordinator/schedule/owner_usage.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace assay {
namespace {
constexpr absl::Duration kHalfLife = absl::Minutes(1);
constexpr double kUnknownParameters = 1e9;  // of remote models
}  // namespace

double WorkPerItem(const ClusterState& state, const QueuedRun& run) {
  const int64_t parameters = state.models[run.model].parameters;
  return run.tokens_per_item *
         (parameters > 0 ? static_cast<double>(parameters) : kUnknownParameters);
}

void OwnerUsage::Update(const ClusterState& state, absl::Time now) {
  const double fade =
      updated_ == absl::InfinitePast()
          ? 0
          : std::exp2(-std::max(0.0, absl::FDivDuration(now - updated_, kHalfLife)));
  updated_ = now;
  for (auto& [owner, work] : served_) work *= fade;
  std::map<int64_t, int64_t> done_items;
  std::map<int64_t, const QueuedRun*> runs;
  for (const QueuedRun& run : state.runs) {
    runs[run.run_id] = &run;
    done_items[run.run_id] = run.done_items;
    const auto before = done_items_.find(run.run_id);
    if (before == done_items_.end()) continue;
    served_[run.owner] +=
        static_cast<double>(std::max<int64_t>(0, run.done_items - before->second)) *
        WorkPerItem(state, run);
  }
  done_items_ = std::move(done_items);
  leased_.clear();
  for (const CurrentLease& lease : state.leases) {
    const auto run = runs.find(lease.run_id);
    if (run == runs.end()) continue;
    leased_[run->second->owner] +=
        static_cast<double>(lease.items) * WorkPerItem(state, *run->second);
  }
  weights_.clear();
  for (const OwnerShare& share : state.shares) weights_[share.owner] = share.weight;
}

double OwnerUsage::Of(const std::string& owner) const {
  const auto find = [&owner](const std::map<std::string, double>& map, double otherwise) {
    const auto found = map.find(owner);
    return found == map.end() ? otherwise : found->second;
  };
  return (find(served_, 0) + find(leased_, 0)) / find(weights_, 1);
}

}  // namespace assay
