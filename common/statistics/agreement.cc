#include "common/statistics/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "common/statistics/estimate.h"

namespace assay {
namespace {

using Matrix = std::vector<std::vector<double>>;

std::vector<double> DistinctRatings(const Ratings& ratings) {
  std::vector<double> values;
  for (const auto& of_rater : ratings) {
    for (const std::optional<double>& rating : of_rater) {
      if (rating.has_value()) values.push_back(*rating);
    }
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// How often each value occurs beside each other within a unit, pairs of a unit with m ratings
// counted 1 / (m - 1) times.
Matrix Coincidences(const Ratings& ratings, const std::vector<double>& values) {
  Matrix coincidences(values.size(), std::vector<double>(values.size()));
  const size_t units = ratings.empty() ? 0 : ratings.front().size();
  std::vector<double> counts(values.size());
  for (size_t unit = 0; unit < units; ++unit) {
    std::fill(counts.begin(), counts.end(), 0);
    for (const auto& of_rater : ratings) {
      if (!of_rater[unit].has_value()) continue;
      const auto place = std::lower_bound(values.begin(), values.end(), *of_rater[unit]);
      ++counts[place - values.begin()];
    }
    const double rated = std::accumulate(counts.begin(), counts.end(), 0.0);
    if (rated < 2) continue;
    for (size_t i = 0; i < values.size(); ++i) {
      for (size_t j = 0; j < values.size(); ++j) {
        const double pairs = counts[i] * (i == j ? counts[j] - 1 : counts[j]);
        coincidences[i][j] += pairs / (rated - 1);
      }
    }
  }
  return coincidences;
}

// The squared distance of values i < j; `occurrences` are of pairable ratings.
double SquaredDistance(Level level, size_t i, size_t j, const std::vector<double>& values,
                       const std::vector<double>& occurrences) {
  switch (level) {
    case Level::kNominal:
      return 1;
    case Level::kOrdinal: {
      double between = -(occurrences[i] + occurrences[j]) / 2;
      for (size_t k = i; k <= j; ++k) between += occurrences[k];
      return between * between;
    }
    case Level::kInterval:
      break;
  }
  return (values[i] - values[j]) * (values[i] - values[j]);
}

}  // namespace

double KrippendorffAlpha(const Ratings& ratings, Level level) {
  const std::vector<double> values = DistinctRatings(ratings);
  const Matrix coincidences = Coincidences(ratings, values);
  std::vector<double> occurrences;
  for (const std::vector<double>& row : coincidences) {
    occurrences.push_back(std::accumulate(row.begin(), row.end(), 0.0));
  }
  const double pairable = std::accumulate(occurrences.begin(), occurrences.end(), 0.0);
  double observed = 0;
  double expected = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t j = i + 1; j < values.size(); ++j) {
      const double distance = SquaredDistance(level, i, j, values, occurrences);
      observed += coincidences[i][j] * distance;
      expected += occurrences[i] * occurrences[j] * distance;
    }
  }
  if (expected == 0) return kUndefined;
  return 1 - (pairable - 1) * observed / expected;
}

double CohenKappa(absl::Span<const int32_t> first, absl::Span<const int32_t> second,
                  int32_t categories, KappaWeights weights) {
  Matrix table(categories, std::vector<double>(categories));
  std::vector<double> rows(categories);
  std::vector<double> columns(categories);
  for (size_t i = 0; i < first.size(); ++i) {
    ++table[first[i]][second[i]];
    ++rows[first[i]];
    ++columns[second[i]];
  }
  double observed = 0;
  double expected = 0;
  for (int32_t i = 0; i < categories; ++i) {
    for (int32_t j = 0; j < categories; ++j) {
      if (i == j) continue;
      const double apart = std::abs(i - j);
      const double weight = weights == KappaWeights::kNone     ? 1
                            : weights == KappaWeights::kLinear ? apart
                                                               : apart * apart;
      observed += weight * table[i][j];
      expected += weight * rows[i] * columns[j];
    }
  }
  if (expected == 0) return kUndefined;
  return 1 - static_cast<double>(first.size()) * observed / expected;
}

}  // namespace assay
