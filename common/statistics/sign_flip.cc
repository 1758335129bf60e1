#include "common/statistics/sign_flip.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/statistics/count_bits.h"
#include "common/statistics/distributions.h"
#include "common/statistics/mcnemar.h"
#include "common/statistics/random.h"

namespace assay {
namespace {

constexpr int64_t kMaxAssignments = 100000;
constexpr double kTolerance = 1e-12;

// The differences of one size.
struct SizeClass {
  double size = 0;
  int64_t count = 0;
  int64_t positive = 0;

  double Sum(int64_t positives) const { return size * static_cast<double>(2 * positives - count); }
};

// In rising order of size; differences of 0 are left out.
std::vector<SizeClass> Classify(absl::Span<const double> differences) {
  std::vector<double> sorted(differences.begin(), differences.end());
  std::sort(sorted.begin(), sorted.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::vector<SizeClass> classes;
  for (const double difference : sorted) {
    const double size = std::abs(difference);
    if (size == 0) continue;
    // Sums of the same terms in another order may differ in the last bits.
    if (classes.empty() || size > classes.back().size * (1 + kTolerance)) {
      classes.push_back({size, 0, 0});
    }
    ++classes.back().count;
    if (difference > 0) ++classes.back().positive;
  }
  return classes;
}

// The probability that the sum of the classes from `first` on, and `sum`, is at least as large as
// `least`.
double ExactTail(absl::Span<const SizeClass> classes,
                 absl::Span<const std::vector<double>> probabilities, double sum, double least) {
  if (classes.empty()) return std::abs(sum) >= least ? 1 : 0;
  double tail = 0;
  for (int64_t k = 0; k <= classes.front().count; ++k) {
    tail += probabilities.front()[k] * ExactTail(classes.subspan(1), probabilities.subspan(1),
                                                 sum + classes.front().Sum(k), least);
  }
  return tail;
}

double RandomSum(absl::Span<const SizeClass> classes, Random& random) {
  double sum = 0;
  for (const SizeClass& own : classes) {
    int64_t positives = 0;
    int64_t left = own.count;
    for (; left >= 64; left -= 64) positives += CountBits(random.Next());
    if (left > 0) positives += CountBits(random.Next() & ((uint64_t{1} << left) - 1));
    sum += own.Sum(positives);
  }
  return sum;
}

}  // namespace

SignFlipResult SignFlipTest(absl::Span<const double> differences, const SignFlipOptions& options) {
  if (differences.empty()) return {};
  const std::vector<SizeClass> classes = Classify(differences);
  if (classes.empty()) return {1, true};
  if (classes.size() == 1) {
    const SizeClass& own = classes.front();
    return {McNemarExact({own.positive, own.count - own.positive}), true};
  }
  double observed = 0;
  double total = 0;
  int64_t assignments = 1;
  for (const SizeClass& own : classes) {
    observed += own.Sum(own.positive);
    total += own.size * static_cast<double>(own.count);
    assignments = std::min(assignments * (own.count + 1), kMaxAssignments + 1);
  }
  const double least = std::abs(observed) - kTolerance * total;
  if (assignments <= kMaxAssignments) {
    std::vector<std::vector<double>> probabilities;
    for (const SizeClass& own : classes) {
      probabilities.push_back(FairBinomialProbabilities(own.count));
    }
    return {std::min(1.0, ExactTail(classes, probabilities, 0, least)), true};
  }
  Random random(options.seed);
  int64_t as_extreme = 0;
  for (int i = 0; i < options.permutations; ++i) {
    if (std::abs(RandomSum(classes, random)) >= least) ++as_extreme;
  }
  return {static_cast<double>(1 + as_extreme) / static_cast<double>(1 + options.permutations),
          false};
}

}  // namespace assay
