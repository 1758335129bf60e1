#include "client/report/pairs.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/leaderboard/columns.h"
#include "common/statistics/distributions.h"

namespace assay {
namespace {

// Sizes are rounded as each likes: 6.7B and 7B are one.
constexpr double kSameSize = 1.15;

bool IsBaseOf(const ModelFacts& base, const ModelFacts& tuned) {
  if (base.method != TrainingMethod::kPretrained || base.parameters == 0) return false;
  const double ratio = static_cast<double>(tuned.parameters) / static_cast<double>(base.parameters);
  return absl::EqualsIgnoreCase(base.foundation, tuned.foundation) && ratio < kSameSize &&
         ratio > 1 / kSameSize;
}

// Independent differences, all of them known.
Estimate MeanOf(const std::vector<Estimate>& parts) {
  Estimate mean;
  double sum = 0, error = 0;
  for (const Estimate& part : parts) {
    mean.n += part.n;
    sum += part.value;
    error = std::hypot(error, part.standard_error);
  }
  const double count = static_cast<double>(parts.size());
  mean.value = sum / count;
  mean.standard_error = error / count;
  const double reach = NormalQuantile((1 + kConfidence) / 2) * mean.standard_error;
  mean.interval = {mean.value - reach, mean.value + reach};
  return mean;
}

}  // namespace

std::vector<TunedPair> FindTunedPairs(const Population& population) {
  std::vector<TunedPair> pairs;
  for (const ReportModel& tuned : population.models) {
    const ModelFacts& facts = tuned.facts;
    const bool is_tuned =
        facts.method == TrainingMethod::kSupervised || facts.method == TrainingMethod::kRlhf;
    if (!is_tuned || facts.foundation.empty() || facts.parameters == 0) continue;
    const auto base =
        std::find_if(population.models.begin(), population.models.end(),
                     [&](const ReportModel& other) { return IsBaseOf(other.facts, facts); });
    if (base != population.models.end()) pairs.push_back({&tuned, &*base});
  }
  return pairs;
}

absl::StatusOr<Estimate> ScoreDifference(const ReportInput& input, const ReportModel& first,
                                         const ReportModel& second, const std::string& key) {
  const auto of_first = first.scores.find(key);
  const auto of_second = second.scores.find(key);
  if (of_first == first.scores.end() || of_second == second.scores.end()) return Estimate();
  const TableScore& a = of_first->second;
  const TableScore& b = of_second->second;
  if (key == kAverageKey && input.paired) {
    std::vector<Estimate> parts;
    for (const std::string& part : PublishedTables().front().averages.front().of) {
      ASSAY_ASSIGN_OR_RETURN(const Estimate difference,
                             ScoreDifference(input, first, second, part));
      if (std::isnan(difference.standard_error)) break;
      parts.push_back(difference);
    }
    if (parts.size() == PublishedTables().front().averages.front().of.size()) return MeanOf(parts);
  }
  const bool is_whole = !absl::StrContains(key, '/') && key != kAverageKey;
  if (is_whole && input.paired && a.run_id != 0 && b.run_id != 0) {
    return input.paired(a.run_id, b.run_id);
  }
  Estimate difference;
  difference.n = 1;
  difference.value = a.value - b.value;
  return difference;
}

}  // namespace assay
