// Which model a worker is to compute.
#include <algorithm>
#include <limits>

#include "coordinator/schedule/scheduler.h"

namespace assay {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A model is worth a load when it would be done later than so many loads, and a second, from now.
constexpr double kLoadsSaved = 1.5;
// Of a model's work that is planned for a kind, the least for which it is loaded there, in loads.
constexpr double kSmallestPart = 3;
// A worker leaves its model when so many loads' time of the rest of it would be wasted on it.
constexpr double kLoadsWasted = 2;

struct Candidate {
  int model;
  int rank;  // the lowest first
  double seconds;
};

}  // namespace

double Scheduler::WastedSeconds(const Asker& asker) const {
  const std::vector<double>& waste = plan_.waste[asker.serving];
  // A kind that came after the plan.
  if (static_cast<size_t>(asker.kind) >= waste.size() || waste[asker.kind] <= 0) return 0;
  // It alone, where it has the model from before there was anything of it.
  const double together = std::max(serving_.Rate(asker.serving, -1), Rate(asker.serving, asker));
  return waste[asker.kind] * serving_.pending(asker.serving) / together;
}

std::vector<int> Scheduler::RankModels(const Runs& runs, const Asker& asker) const {
  std::set<int> models, fixed;
  for (const QueuedRun* run : runs) {
    models.insert(run->model);
    // Who says how the work is cut says that it is to be spread.
    if (!run->may_cut) fixed.insert(run->model);
  }
  const bool serves = models.count(asker.serving) != 0;
  const double wasted = serves ? WastedSeconds(asker) : 0;
  // Until there is nothing of it any more.
  if (serves && wasted <= 0) return {asker.serving};
  std::vector<Candidate> candidates;
  for (const int model : models) {
    const double load = LoadSeconds(model, asker);
    if (serves && (model == asker.serving || wasted < kLoadsWasted * load)) continue;
    const double worth = kLoadsSaved * load + 1;
    const double share = static_cast<size_t>(asker.kind) < plan_.shares[model].size()
                             ? plan_.shares[model][asker.kind]
                             : 0;
    const double alone = serving_.pending(model) * share / Rate(model, asker);
    const double planned = serving_.Finish(model, asker.kind, share);
    const double all = serving_.Finish(model, -1, 1);
    if (share > 0 && planned == kInfinity && (alone > kSmallestPart * load || all == kInfinity)) {
      candidates.push_back({model, 0, alone});
    } else if (share > 0 && planned != kInfinity && planned > worth) {
      candidates.push_back({model, 1, planned - load});
    } else if (!serves && (all > worth || fixed.count(model) != 0)) {
      candidates.push_back(
          {model, 2, all == kInfinity ? serving_.pending(model) / Rate(model, asker) : all - load});
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.rank != b.rank ? a.rank < b.rank : a.seconds > b.seconds;
  });
  std::vector<int> ranked;
  ranked.reserve(candidates.size() + 1);
  for (const Candidate& candidate : candidates) ranked.push_back(candidate.model);
  if (serves) ranked.push_back(asker.serving);
  return ranked;
}

}  // namespace assay
