#include "tests/bench/schedule/lower_bound.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace assay::simulation {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kGridSize = 40;
constexpr double kStepsOfTwo = 8;  // of the grid, from a price to its double

// Prices that add up to 1, their ratios on a grid.
std::vector<std::vector<double>> PriceGrid(size_t kinds) {
  std::vector<std::vector<double>> grid;
  std::vector<int> exponents(kinds, 0);
  while (true) {
    // Of all that are multiples of each other, the one with a 0.
    if (*std::min_element(exponents.begin(), exponents.end()) == 0) {
      std::vector<double>& prices = grid.emplace_back(kinds);
      double sum = 0;
      for (size_t kind = 0; kind < kinds; ++kind) {
        sum += prices[kind] = std::exp2(exponents[kind] / kStepsOfTwo);
      }
      for (double& price : prices) price /= sum;
    }
    size_t kind = 0;
    while (kind < kinds && ++exponents[kind] > kGridSize) exponents[kind++] = 0;
    if (kind == kinds) return grid;
  }
}

bool IsImpossible(const std::vector<BoundedModel>& models, const std::vector<double>& workers,
                  const std::vector<double>& prices, bool loads, double seconds) {
  double cost = 0, worth = 0;
  for (const BoundedModel& model : models) {
    double lowest = kInfinity;
    for (size_t kind = 0; kind < workers.size(); ++kind) {
      const double left = seconds - (loads ? model.loads[kind] : 0);
      if (workers[kind] <= 0 || model.rates[kind] <= 0 || left <= 0) continue;
      lowest = std::min(lowest, prices[kind] / (model.rates[kind] * left));
    }
    cost += model.tokens * lowest;
  }
  for (size_t kind = 0; kind < workers.size(); ++kind) worth += prices[kind] * workers[kind];
  return cost > worth;
}

double Bisect(const std::vector<BoundedModel>& models, const std::vector<double>& workers,
              const std::vector<double>& prices, bool loads, double least) {
  // Most prices add nothing to what is known.
  if (!IsImpossible(models, workers, prices, loads, least)) return least;
  double low = least, high = std::max(1.0, 2 * least);
  while (IsImpossible(models, workers, prices, loads, high)) {
    low = high;
    high *= 2;
    if (high > 1e15) return kInfinity;
  }
  for (int step = 0; step < 40; ++step) {
    const double middle = (low + high) / 2;
    (IsImpossible(models, workers, prices, loads, middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace

double LowerBound::seconds() const { return std::max({capacity, with_loads, longest}); }

LowerBound BoundMakespan(const std::vector<BoundedModel>& models,
                         const std::vector<double>& workers) {
  LowerBound bound;
  for (const std::vector<double>& prices : PriceGrid(workers.size())) {
    const double capacity = Bisect(models, workers, prices, false, bound.capacity);
    if (capacity > bound.capacity || bound.prices.empty()) bound.prices = prices;
    bound.capacity = capacity;
    bound.with_loads = Bisect(models, workers, prices, true, bound.with_loads);
  }
  for (const BoundedModel& model : models) {
    double shortest = kInfinity;
    for (size_t kind = 0; kind < workers.size(); ++kind) {
      if (workers[kind] <= 0 || model.rates[kind] <= 0) continue;
      shortest = std::min(shortest, model.loads[kind] + model.longest_item / model.rates[kind]);
    }
    bound.longest = std::max(bound.longest, shortest);
  }
  return bound;
}

}  // namespace assay::simulation
