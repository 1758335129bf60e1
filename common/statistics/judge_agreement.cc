#include "common/statistics/judge_agreement.h"

#include <cmath>
#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "common/statistics/quantile.h"
#include "common/statistics/random.h"

namespace assay {
namespace {

// The units of each cluster.
std::vector<std::vector<size_t>> UnitsByCluster(absl::Span<const int32_t> cluster) {
  std::vector<std::vector<size_t>> units;
  for (size_t unit = 0; unit < cluster.size(); ++unit) {
    const auto number = static_cast<size_t>(cluster[unit]);
    if (number >= units.size()) units.resize(number + 1);
    units[number].push_back(unit);
  }
  return units;
}

// The percentile interval of a statistic over samples of units. Not `Bootstrap`, whose interval one
// undefined resample makes undefined: few ratings are often all alike.
Interval PercentileInterval(const std::vector<std::vector<size_t>>& clusters,
                            absl::FunctionRef<double(const std::vector<size_t>&)> statistic,
                            const BootstrapOptions& options) {
  Random random(options.seed);
  std::vector<double> values;
  std::vector<size_t> sample;
  for (int i = 0; i < options.resamples; ++i) {
    sample.clear();
    for (size_t draw = 0; draw < clusters.size(); ++draw) {
      const std::vector<size_t>& drawn = clusters[random.Below(clusters.size())];
      sample.insert(sample.end(), drawn.begin(), drawn.end());
    }
    const double value = statistic(sample);
    if (!std::isnan(value)) values.push_back(value);
  }
  if (values.size() < static_cast<size_t>(options.resamples) / 2 || values.size() < 2) return {};
  return CentralInterval(options.confidence, values);
}

// The ratings that two raters gave to the units of a sample that both have rated.
std::pair<std::vector<double>, std::vector<double>> Paired(const Ratings& ratings, size_t first,
                                                           size_t second,
                                                           const std::vector<size_t>& sample) {
  std::pair<std::vector<double>, std::vector<double>> paired;
  for (const size_t unit : sample) {
    const std::optional<double>& a = ratings[first][unit];
    const std::optional<double>& b = ratings[second][unit];
    if (!a.has_value() || !b.has_value()) continue;
    paired.first.push_back(*a);
    paired.second.push_back(*b);
  }
  return paired;
}

double AlphaOf(const Ratings& ratings, const std::vector<size_t>& sample) {
  Ratings drawn(ratings.size());
  for (size_t rater = 0; rater < ratings.size(); ++rater) {
    for (const size_t unit : sample) drawn[rater].push_back(ratings[rater][unit]);
  }
  return KrippendorffAlpha(drawn, Level::kOrdinal);
}

PairAgreement ComparePair(const Ratings& ratings, size_t first, size_t second,
                          const std::vector<size_t>& all,
                          const std::vector<std::vector<size_t>>& clusters,
                          const BootstrapOptions& options) {
  PairAgreement pair;
  pair.first = first;
  pair.second = second;
  const auto [a, b] = Paired(ratings, first, second, all);
  pair.n = static_cast<int64_t>(a.size());
  if (a.empty()) return pair;
  double equal = 0;
  double difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    equal += a[i] == b[i] ? 1 : 0;
    difference += a[i] - b[i];
  }
  pair.equal = equal / static_cast<double>(a.size());
  pair.difference = difference / static_cast<double>(a.size());
  pair.spearman.correlation = Spearman(a, b);
  pair.kendall.correlation = KendallTauB(a, b);
  const auto interval =
      [&](Correlation (*correlate)(absl::Span<const double>, absl::Span<const double>)) {
        return PercentileInterval(
            clusters,
            [&](const std::vector<size_t>& sample) {
              const auto [x, y] = Paired(ratings, first, second, sample);
              return correlate(x, y).value;
            },
            options);
      };
  pair.spearman.interval = interval(Spearman);
  pair.kendall.interval = interval(KendallTauB);
  return pair;
}

}  // namespace

JudgeAgreement MeasureAgreement(const Ratings& ratings, absl::Span<const int32_t> cluster,
                                const BootstrapOptions& options) {
  JudgeAgreement agreement;
  const std::vector<std::vector<size_t>> clusters = UnitsByCluster(cluster);
  std::vector<size_t> all;
  for (size_t unit = 0; unit < cluster.size(); ++unit) {
    all.push_back(unit);
    int raters = 0;
    for (const auto& rater : ratings) raters += rater[unit].has_value() ? 1 : 0;
    agreement.units += raters >= 2 ? 1 : 0;
  }
  if (agreement.units == 0) return agreement;
  agreement.alpha = AlphaOf(ratings, all);
  agreement.alpha_interval = PercentileInterval(
      clusters, [&](const std::vector<size_t>& sample) { return AlphaOf(ratings, sample); },
      options);
  for (size_t first = 0; first < ratings.size(); ++first) {
    for (size_t second = first + 1; second < ratings.size(); ++second) {
      agreement.pairs.push_back(ComparePair(ratings, first, second, all, clusters, options));
    }
  }
  return agreement;
}

}  // namespace assay
