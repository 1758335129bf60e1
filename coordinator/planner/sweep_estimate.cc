#include "coordinator/planner/sweep_estimate.h"

#include <algorithm>
#include <map>
#include <utility>

namespace assay {
namespace {

// The kinds whose workers may share a run: "cpu/1/amx/2 threads" has the engine "1/amx".
std::string EngineOf(const std::string& kind) {
  const size_t begin = kind.find('/');
  const size_t end = kind.rfind('/', kind.find(" threads"));
  if (begin == std::string::npos || end == std::string::npos || end <= begin) return kind;
  return kind.substr(begin + 1, end - begin - 1);
}

using Engines = std::map<std::string, std::vector<WorkerGroupSize>>;

Engines ByEngine(absl::Span<const WorkerGroupSize> groups) {
  Engines engines;
  for (const WorkerGroupSize& group : groups) {
    if (group.workers > 0) engines[EngineOf(group.kind)].push_back(group);
  }
  return engines;
}

int CountOf(const std::vector<WorkerGroupSize>& groups) {
  int workers = 0;
  for (const WorkerGroupSize& group : groups) workers += group.workers;
  return workers;
}

RunTime TimeOnEngine(const CostedRun& run, const CostModel& costs,
                     const std::vector<WorkerGroupSize>& groups) {
  double per_second = 0;  // of the whole run
  RunTime time;
  time.basis = EstimateBasis::kMeasured;
  int workers = 0;
  for (const WorkerGroupSize& group : groups) {
    const TokenCost tokens = costs.TokensOf(run.model, run.precision, group.kind);
    const double alone = tokens.prompt * static_cast<double>(run.cost.computed_tokens) +
                         tokens.generated * static_cast<double>(run.cost.generated_tokens);
    if (tokens.basis == EstimateBasis::kUnknown || alone <= 0) continue;
    // No more workers than there are predictions.
    const auto used = static_cast<int>(
        std::min<int64_t>(group.workers, std::max<int64_t>(0, run.predictions - workers)));
    per_second += used / alone;
    workers += used;
    time.basis = std::max(time.basis, tokens.basis);
  }
  if (per_second <= 0) return {};
  time.seconds = 1 / per_second;
  time.device_seconds = time.seconds * workers;
  return time;
}

double LoadOnEngine(const CostedRun& run, const CostModel& costs,
                    const std::vector<WorkerGroupSize>& groups) {
  double longest = 0;
  for (const WorkerGroupSize& group : groups) {
    longest = std::max(longest, costs.LoadOf(run.model, run.precision, group.kind).seconds);
  }
  return longest;
}

// The runs of one model in one precision, which is loaded once for them.
struct Batch {
  ModelTime time;
  std::vector<const CostedRun*> runs;
};

ModelTime TimeOnEngine(const Batch& batch, const CostModel& costs,
                       const std::vector<WorkerGroupSize>& groups) {
  ModelTime time = batch.time;
  time.basis = EstimateBasis::kMeasured;
  time.load_seconds = LoadOnEngine(*batch.runs.front(), costs, groups);
  time.seconds = time.load_seconds;
  time.device_seconds = time.load_seconds * CountOf(groups);
  for (const CostedRun* run : batch.runs) {
    const RunTime one = TimeOnEngine(*run, costs, groups);
    time.seconds += one.seconds;
    time.device_seconds += one.device_seconds;
    time.basis = std::max(time.basis, one.basis);
  }
  return time;
}

}  // namespace

RunTime TimeOf(const CostedRun& run, const CostModel& costs,
               absl::Span<const WorkerGroupSize> groups) {
  RunTime best;
  if (run.model.remote.has_value()) return best;
  for (const auto& [engine, members] : ByEngine(groups)) {
    const RunTime time = TimeOnEngine(run, costs, members);
    if (time.seconds > 0 && (best.seconds == 0 || time.seconds < best.seconds)) best = time;
  }
  return best;
}

SweepTime TimeOf(absl::Span<const CostedRun> runs, const CostModel& costs,
                 absl::Span<const WorkerGroupSize> groups) {
  SweepTime sweep;
  sweep.groups.assign(groups.begin(), groups.end());
  sweep.margin = MarginOf(costs.measurements().outcomes);
  std::vector<Batch> batches;
  std::map<std::pair<std::string, Precision>, size_t> places;
  for (const CostedRun& run : runs) {
    if (run.model.remote.has_value()) continue;
    const auto [place, is_new] =
        places.try_emplace({run.model.name, run.precision}, batches.size());
    if (is_new) batches.emplace_back().time.model = run.model.name;
    batches[place->second].runs.push_back(&run);
    ++batches[place->second].time.runs;
  }
  const Engines engines = ByEngine(groups);
  if (engines.empty() || batches.empty()) return sweep;
  // What each takes at best, to place the largest first.
  std::vector<std::pair<double, size_t>> order;
  for (size_t i = 0; i < batches.size(); ++i) {
    double best = 0;
    for (const auto& [engine, members] : engines) {
      const double seconds = TimeOnEngine(batches[i], costs, members).seconds;
      if (best == 0 || seconds < best) best = seconds;
    }
    order.emplace_back(-best, i);
  }
  std::sort(order.begin(), order.end());
  std::map<std::string, double> ends;
  sweep.models.resize(batches.size());
  for (const auto& [size, i] : order) {
    const std::string* chosen = nullptr;
    double soonest = 0;
    for (const auto& [engine, members] : engines) {
      const ModelTime time = TimeOnEngine(batches[i], costs, members);
      if (time.basis == EstimateBasis::kUnknown && chosen != nullptr) continue;
      const double end = ends[engine] + time.seconds;
      if (chosen != nullptr && end >= soonest) continue;
      chosen = &engine;
      soonest = end;
      sweep.models[i] = time;
    }
    ends[*chosen] = soonest;
    sweep.device_seconds += sweep.models[i].device_seconds;
    sweep.seconds = std::max(sweep.seconds, soonest);
  }
  const bool is_known =
      std::all_of(sweep.models.begin(), sweep.models.end(),
                  [](const ModelTime& model) { return model.basis != EstimateBasis::kUnknown; });
  if (!is_known) sweep.seconds = 0;
  return sweep;
}

}  // namespace assay
