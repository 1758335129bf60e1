// What no schedule can be faster than.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_LOWER_BOUND_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_LOWER_BOUND_H_

#include <vector>

namespace assay::simulation {

struct BoundedModel {
  double tokens = 0;
  double longest_item = 0;  // tokens
  // By kind: tokens per second (0: it does not fit), and seconds to load.
  std::vector<double> rates;
  std::vector<double> loads;
};

struct LowerBound {
  // Work by capacity alone: nothing is ever loaded, and each token is computed where that is best
  // for all.
  double capacity = 0;
  // What a second of each kind is worth in it, 1 together: little where a kind has little to do.
  std::vector<double> prices = {};
  // The same where whoever computes a model has loaded it once: of T seconds he has T less the load
  // for it. A worker that computes for several models loads more than that, so this holds for it as
  // well.
  double with_loads = 0;
  // The longest model: its load and its longest item on the best kind for it.
  double longest = 0;
  double seconds() const;  // the largest
};

// `workers` is how many there are of each kind; one that is ten times slower counts as a tenth.
// Both of the first are by duality of linear programs: for any prices of the kinds' seconds, work
// that is done everywhere at the lowest price must not cost more than all seconds are worth. The
// best of a grid of prices is taken, so they are a little too low rather than too high.
LowerBound BoundMakespan(const std::vector<BoundedModel>& models,
                         const std::vector<double>& workers);

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_LOWER_BOUND_H_
