#include "common/statistics/rank_correlation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <utility>

#include "common/statistics/distributions.h"

namespace assay {
namespace {

constexpr int64_t kMaxExact = 33;

std::vector<size_t> OrderOf(absl::Span<const double> values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] < values[b]; });
  return order;
}

double Pearson(absl::Span<const double> x, absl::Span<const double> y) {
  const double n = static_cast<double>(x.size());
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
  }
  if (xx == 0 || yy == 0) return kUndefined;
  return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

// What ties count for: pairs, and the terms of the variance.
struct Ties {
  double pairs = 0;
  double triples = 0;   // sum of t (t - 1) (t - 2)
  double variance = 0;  // sum of t (t - 1) (2 t + 5)

  void Add(double t) {
    pairs += t * (t - 1) / 2;
    triples += t * (t - 1) * (t - 2);
    variance += t * (t - 1) * (2 * t + 5);
  }
};

// Of runs of equal elements of a sorted range.
template <typename T>
Ties CountTies(const std::vector<T>& sorted) {
  Ties ties;
  for (size_t first = 0; first < sorted.size();) {
    size_t end = first;
    while (end < sorted.size() && sorted[end] == sorted[first]) ++end;
    ties.Add(static_cast<double>(end - first));
    first = end;
  }
  return ties;
}

// Sorts `values` and returns the pairs that were in the wrong order.
int64_t SortCountingInversions(std::vector<double>& values) {
  int64_t inversions = 0;
  std::vector<double> merged(values.size());
  for (size_t width = 1; width < values.size(); width *= 2) {
    for (size_t first = 0; first < values.size(); first += 2 * width) {
      const size_t middle = std::min(first + width, values.size());
      const size_t end = std::min(first + 2 * width, values.size());
      size_t left = first;
      size_t right = middle;
      for (size_t out = first; out < end; ++out) {
        if (right == end || (left < middle && values[left] <= values[right])) {
          merged[out] = values[left++];
        } else {
          inversions += static_cast<int64_t>(middle - left);
          merged[out] = values[right++];
        }
      }
    }
    std::swap(values, merged);
  }
  return inversions;
}

// P of at most `inversions` inversions in a random permutation of n, times two.
double ExactKendall(int64_t inversions, int64_t n) {
  const int64_t all = n * (n - 1) / 2;
  inversions = std::min(inversions, all - inversions);
  if (2 * inversions == all) return 1;
  if (inversions <= 1 && n > kMaxExact) {
    // 1 permutation has no inversion, n - 1 have one.
    double p = 2;
    for (int64_t i = 2; i <= n - inversions; ++i) p /= static_cast<double>(i);
    return p;
  }
  // The share of permutations of 1, 2, ..., n elements for each number of inversions.
  std::vector<double> share(inversions + 1);
  share[0] = 1;
  for (int64_t size = 2; size <= n; ++size) {
    std::vector<double> next(share.size());
    for (int64_t k = 0; k <= inversions; ++k) {
      for (int64_t moved = 0; moved < size && moved <= k; ++moved) next[k] += share[k - moved];
      next[k] /= static_cast<double>(size);
    }
    share = std::move(next);
  }
  return std::min(1.0, 2 * std::accumulate(share.begin(), share.end(), 0.0));
}

}  // namespace

std::vector<double> AverageRanks(absl::Span<const double> values) {
  const std::vector<size_t> order = OrderOf(values);
  std::vector<double> ranks(values.size());
  for (size_t first = 0; first < order.size();) {
    size_t end = first;
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double rank = static_cast<double>(first + 1 + end) / 2;
    for (; first < end; ++first) ranks[order[first]] = rank;
  }
  return ranks;
}

Correlation Spearman(absl::Span<const double> x, absl::Span<const double> y) {
  Correlation result;
  if (x.size() < 2) return result;
  result.value = Pearson(AverageRanks(x), AverageRanks(y));
  if (x.size() < 3 || std::isnan(result.value)) return result;
  const double df = static_cast<double>(x.size()) - 2;
  const double r = result.value;
  result.p_value = StudentTwoSided(r * std::sqrt(df / ((1 + r) * (1 - r))), df);
  return result;
}

Interval SpearmanInterval(double rho, int64_t n, double confidence) {
  if (n < 5 || !(std::abs(rho) < 1)) return {};
  const double reach = NormalQuantile((1 + confidence) / 2) *
                       std::sqrt((1 + rho * rho / 2) / static_cast<double>(n - 3));
  return {std::tanh(std::atanh(rho) - reach), std::tanh(std::atanh(rho) + reach)};
}

Correlation KendallTauB(absl::Span<const double> x, absl::Span<const double> y) {
  Correlation result;
  const auto n = static_cast<int64_t>(x.size());
  if (n < 2) return result;
  std::vector<std::pair<double, double>> points;
  for (int64_t i = 0; i < n; ++i) points.emplace_back(x[i], y[i]);
  std::sort(points.begin(), points.end());
  std::vector<double> sorted_x;
  std::vector<double> sorted_y;
  for (const auto& [own_x, own_y] : points) {
    sorted_x.push_back(own_x);
    sorted_y.push_back(own_y);
  }
  const int64_t discordant = SortCountingInversions(sorted_y);
  const Ties ties_x = CountTies(sorted_x);
  const Ties ties_y = CountTies(sorted_y);
  const double joint = CountTies(points).pairs;
  const double size = static_cast<double>(n);
  const double all = size * (size - 1) / 2;
  if (ties_x.pairs == all || ties_y.pairs == all) return result;
  const double difference =
      all - ties_x.pairs - ties_y.pairs + joint - 2 * static_cast<double>(discordant);
  const double tau = difference / std::sqrt(all - ties_x.pairs) / std::sqrt(all - ties_y.pairs);
  result.value = std::clamp(tau, -1.0, 1.0);

  const bool has_ties = ties_x.pairs > 0 || ties_y.pairs > 0;
  const int64_t out_of_order = std::min(discordant, n * (n - 1) / 2 - discordant);
  result.exact = !has_ties && (n <= kMaxExact || out_of_order <= 1);
  if (result.exact) {
    result.p_value = ExactKendall(discordant, n);
    return result;
  }
  const double m = size * (size - 1);
  double variance = (m * (2 * size + 5) - ties_x.variance - ties_y.variance) / 18 +
                    2 * ties_x.pairs * ties_y.pairs / m;
  if (n > 2) variance += ties_x.triples * ties_y.triples / (9 * m * (size - 2));
  result.p_value = NormalTwoSided(difference / std::sqrt(variance));
  return result;
}

}  // namespace assay
