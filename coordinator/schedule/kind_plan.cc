#include "coordinator/schedule/kind_plan.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace assay {
namespace {

// Prices follow the load in ever smaller steps. The first half of the rounds finds them, the second
// says how the work is shared at them.
constexpr int kRounds = 600;
constexpr double kFirstStep = 0.5;
constexpr double kSmallestShare = 0.01;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Worker-seconds for one token when everything is to take `seconds`: the load is spread over what
// one worker can compute in that time.
double CostOf(const PlannedModel& model, size_t kind, double seconds) {
  const double left = seconds - model.loads[kind];
  if (model.rates[kind] <= 0 || left <= 0) return kInfinity;
  return seconds / (model.rates[kind] * left);
}

// The kind where the model is done at the lowest price; -1 when it fits none.
int Cheapest(const std::vector<double>& costs, const std::vector<double>& prices) {
  int best = -1;
  double lowest = kInfinity;
  for (size_t kind = 0; kind < prices.size(); ++kind) {
    const double price = prices[kind] * costs[kind];
    if (price < lowest) {
      lowest = price;
      best = static_cast<int>(kind);
    }
  }
  return best;
}

// Seconds that the whole takes without any load, were every worker the best for it.
double WithoutLoads(const std::vector<PlannedModel>& models, const std::vector<double>& workers) {
  double seconds = 0;
  for (const PlannedModel& model : models) {
    double capacity = 0;
    for (size_t kind = 0; kind < workers.size(); ++kind)
      capacity += workers[kind] * model.rates[kind];
    if (capacity > 0) seconds += model.tokens / capacity;
  }
  return seconds;
}

double LongestLoad(const std::vector<PlannedModel>& models) {
  double longest = 0;
  for (const PlannedModel& model : models) {
    for (size_t kind = 0; kind < model.rates.size(); ++kind) {
      if (model.rates[kind] > 0) longest = std::max(longest, model.loads[kind]);
    }
  }
  return longest;
}

}  // namespace

KindPlan PlanKinds(const std::vector<PlannedModel>& models, const std::vector<double>& workers) {
  const size_t kinds = workers.size();
  KindPlan plan;
  plan.shares.assign(models.size(), std::vector<double>(kinds, 0));
  plan.waste = plan.shares;
  if (kinds == 0) return plan;
  // Twice the longest load: from there on most of a worker's time is spent computing.
  const double seconds = std::max(WithoutLoads(models, workers), 2 * LongestLoad(models)) + 1e-9;
  std::vector<double> prices(kinds, 1.0 / static_cast<double>(std::max<size_t>(1, kinds)));
  for (size_t kind = 0; kind < kinds; ++kind) {
    if (workers[kind] <= 0) prices[kind] = kInfinity;
  }
  std::vector<std::vector<double>> costs;
  for (const PlannedModel& model : models) {
    std::vector<double>& of_kinds = costs.emplace_back();
    for (size_t kind = 0; kind < kinds; ++kind) of_kinds.push_back(CostOf(model, kind, seconds));
  }
  double counted = 0;
  std::vector<double> average(kinds, 0);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> load(kinds, 0);
    const double step = kFirstStep / std::sqrt(1 + round);
    const double weight = round < kRounds / 2 ? 0 : step;
    for (size_t m = 0; m < models.size(); ++m) {
      const int kind = Cheapest(costs[m], prices);
      if (kind < 0) continue;
      load[kind] += models[m].tokens * costs[m][kind] / workers[kind];
      plan.shares[m][kind] += weight;
    }
    counted += weight;
    for (size_t kind = 0; kind < kinds; ++kind) average[kind] += weight * prices[kind];
    const double highest = *std::max_element(load.begin(), load.end());
    if (highest <= 0) break;
    for (size_t kind = 0; kind < kinds; ++kind) {
      prices[kind] *= std::exp(step * (load[kind] / highest - 1));
    }
  }
  std::vector<double> load(kinds, 0);
  for (size_t m = 0; m < models.size(); ++m) {
    double sum = 0;
    for (double& share : plan.shares[m]) {
      share = counted > 0 ? share / counted : 0;
      if (share < kSmallestShare) share = 0;
      sum += share;
    }
    for (size_t kind = 0; kind < kinds && sum > 0; ++kind) {
      double& share = plan.shares[m][kind];
      share /= sum;
      if (share > 0) {
        load[kind] += share * models[m].tokens * costs[m][kind] / workers[kind];
      }
    }
  }
  for (size_t m = 0; m < models.size(); ++m) {
    const int cheapest = Cheapest(costs[m], average);
    std::vector<double>& waste = plan.waste[m];
    for (size_t kind = 0; kind < kinds && cheapest >= 0; ++kind) {
      if (costs[m][kind] < kInfinity && average[kind] < kInfinity) {
        waste[kind] = 1 - average[cheapest] * costs[m][cheapest] / (average[kind] * costs[m][kind]);
      }
    }
  }
  plan.seconds = *std::max_element(load.begin(), load.end());
  return plan;
}

}  // namespace assay
