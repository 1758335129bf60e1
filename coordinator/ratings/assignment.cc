#include "coordinator/ratings/assignment.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/statistics/random.h"

namespace assay {
namespace {

template <typename Value>
void Shuffle(std::vector<Value>& values, Random& random) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[random.Below(i)]);
}

// Puts the answers to an item together in twos: of the pairs of runs that are left, always the one
// that has stood together least.
class Pairing {
 public:
  explicit Pairing(Random* random) : random_(random) {}

  std::vector<RatingUnit> Pair(std::vector<RatedAnswer> answers) {
    Shuffle(answers, *random_);
    std::vector<RatingUnit> units;
    while (answers.size() > 1) {
      const RatedAnswer first = TakeRarest(answers);
      const auto partner = std::min_element(answers.begin(), answers.end(),
                                            [&](const RatedAnswer& a, const RatedAnswer& b) {
                                              return Together(first, a) < Together(first, b);
                                            });
      const RatedAnswer second = *partner;
      answers.erase(partner);
      ++together_[Key(first, second)];
      // Whoever stood on the left less does so now.
      int& left_first = left_[first.run_id];
      int& left_second = left_[second.run_id];
      if (left_first <= left_second) {
        ++left_first;
        units.push_back({first, second});
      } else {
        ++left_second;
        units.push_back({second, first});
      }
    }
    for (const RatedAnswer& alone : answers) {
      ++alone_[alone.run_id];
      units.push_back({alone});
    }
    return units;
  }

 private:
  static std::pair<int64_t, int64_t> Key(const RatedAnswer& a, const RatedAnswer& b) {
    return {std::min(a.run_id, b.run_id), std::max(a.run_id, b.run_id)};
  }
  int Together(const RatedAnswer& a, const RatedAnswer& b) { return together_[Key(a, b)]; }

  // The one that has stood alone most goes first, so that another remains.
  RatedAnswer TakeRarest(std::vector<RatedAnswer>& answers) {
    const auto taken = std::max_element(answers.begin(), answers.end(),
                                        [&](const RatedAnswer& a, const RatedAnswer& b) {
                                          return alone_[a.run_id] < alone_[b.run_id];
                                        });
    const RatedAnswer answer = *taken;
    answers.erase(taken);
    return answer;
  }

  Random* const random_;
  std::map<std::pair<int64_t, int64_t>, int> together_;
  std::map<int64_t, int> left_;
  std::map<int64_t, int> alone_;
};

// Gives units to raters, one after the other, always to those that have had the least of its runs.
class Balance {
 public:
  Balance(int raters, Random* random)
      : random_(random), of_run_(raters), units_(raters), met_(raters, std::vector<int>(raters)) {}

  std::vector<int> Choose(const RatingUnit& unit, int wanted) {
    std::vector<int> order(units_.size());
    std::iota(order.begin(), order.end(), 0);
    Shuffle(order, *random_);
    std::vector<int> chosen;
    while (static_cast<int>(chosen.size()) < wanted) {
      const auto best = std::min_element(order.begin(), order.end(), [&](int a, int b) {
        return Load(a, unit, chosen) < Load(b, unit, chosen);
      });
      chosen.push_back(*best);
      order.erase(best);
    }
    for (const int rater : chosen) {
      ++units_[rater];
      for (const RatedAnswer& answer : unit) ++of_run_[rater][answer.run_id];
      for (const int other : chosen) ++met_[rater][other];
    }
    return chosen;
  }

 private:
  std::tuple<int, int, int> Load(int rater, const RatingUnit& unit, const std::vector<int>& with) {
    int of_runs = 0;
    for (const RatedAnswer& answer : unit) of_runs += of_run_[rater][answer.run_id];
    int met = 0;
    for (const int other : with) met += met_[rater][other];
    return {of_runs, units_[rater], met};
  }

  Random* const random_;
  std::vector<std::map<int64_t, int>> of_run_;
  std::vector<int> units_;
  std::vector<std::vector<int>> met_;
};

std::vector<RatingUnit> UnitsOf(absl::Span<const RatedAnswer> answers, bool pairs, Random& random) {
  std::vector<RatingUnit> units;
  if (!pairs) {
    for (const RatedAnswer& answer : answers) units.push_back({answer});
    return units;
  }
  std::map<int64_t, std::vector<RatedAnswer>> by_item;
  for (const RatedAnswer& answer : answers) by_item[answer.ordinal].push_back(answer);
  Pairing pairing(&random);
  for (auto& [ordinal, of_item] : by_item) {
    for (RatingUnit& unit : pairing.Pair(std::move(of_item))) units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace

absl::StatusOr<std::vector<std::vector<RatingUnit>>> AssignRatings(
    absl::Span<const RatedAnswer> answers, const AssignmentOptions& options) {
  if (answers.empty()) return absl::InvalidArgumentError("there are no answers to be rated");
  if (options.raters_per_answer < 1 || options.raters < options.raters_per_answer) {
    return absl::InvalidArgumentError(absl::StrCat("raters: each answer is to be rated by ",
                                                   options.raters_per_answer, ", and ",
                                                   options.raters, " are named"));
  }
  Random random(options.seed);
  std::vector<RatingUnit> units = UnitsOf(answers, options.pairs, random);
  Shuffle(units, random);
  Balance balance(options.raters, &random);
  std::vector<std::vector<RatingUnit>> of_raters(options.raters);
  for (const RatingUnit& unit : units) {
    for (const int rater : balance.Choose(unit, options.raters_per_answer)) {
      of_raters[rater].push_back(unit);
    }
  }
  for (std::vector<RatingUnit>& own : of_raters) Shuffle(own, random);
  return of_raters;
}

}  // namespace assay
