#include "coordinator/service/rating_agreement.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/domain/rating.h"
#include "common/statistics/judge_agreement.h"
#include "common/statistics/mean.h"

namespace assay {
namespace {

using Answer = std::pair<int64_t, int64_t>;  // run, ordinal

// What one rater, or judge, gave to each answer.
using Given = std::map<Answer, double>;

template <typename Key>
int32_t NumberOf(std::map<Key, int32_t>& numbers, const Key& key) {
  return numbers.emplace(key, static_cast<int32_t>(numbers.size())).first->second;
}

JudgeAgreement Measure(const std::vector<const Given*>& raters, const BootstrapOptions& options) {
  std::map<Answer, int32_t> units;
  for (const Given* given : raters) {
    for (const auto& [answer, rating] : *given) NumberOf(units, answer);
  }
  // Answers to one task hang together.
  std::map<int64_t, int32_t> tasks;
  std::vector<int32_t> cluster(units.size());
  for (const auto& [answer, unit] : units) cluster[unit] = NumberOf(tasks, answer.second);
  Ratings ratings(raters.size(), std::vector<std::optional<double>>(units.size()));
  for (size_t rater = 0; rater < raters.size(); ++rater) {
    for (const auto& [answer, rating] : *raters[rater]) ratings[rater][units[answer]] = rating;
  }
  return MeasureAgreement(ratings, cluster, options);
}

v1::RaterPairAgreement ToProto(const PairAgreement& pair, const std::string& first,
                               const std::string& second) {
  v1::RaterPairAgreement proto;
  proto.set_first(first);
  proto.set_second(second);
  proto.set_answers(pair.n);
  proto.set_spearman(pair.spearman.correlation.value);
  proto.set_spearman_low(pair.spearman.interval.low);
  proto.set_spearman_high(pair.spearman.interval.high);
  proto.set_spearman_p(pair.spearman.correlation.p_value);
  proto.set_kendall(pair.kendall.correlation.value);
  proto.set_kendall_low(pair.kendall.interval.low);
  proto.set_kendall_high(pair.kendall.interval.high);
  proto.set_kendall_p(pair.kendall.correlation.p_value);
  proto.set_equal(pair.equal);
  proto.set_difference(pair.difference);
  return proto;
}

// By name, in order.
std::map<std::string, Given> People(absl::Span<const StoredReview> reviews,
                                    const std::string& criterion) {
  std::map<std::string, Given> people;
  for (const StoredReview& review : reviews) {
    if (review.criterion != criterion) continue;
    people[review.rater][{review.run_id, review.ordinal}] = review.rating;
  }
  return people;
}

std::map<std::string, Given> Judges(absl::Span<const v1::GetRunScoresResponse> runs,
                                    const std::string& criterion) {
  std::map<std::string, Given> judges;
  for (const v1::GetRunScoresResponse& run : runs) {
    if (run.unit() != v1::METRIC_UNIT_RATING || run.metric() != criterion) continue;
    const v1::RunSpec& spec = run.spec();
    Given& given = judges[absl::StrCat(spec.model_name(), " (", spec.settings().protocol(), ")")];
    for (int i = 0; i < run.item_ordinal_size(); ++i) {
      given[{spec.judged_run(), run.item_ordinal(i)}] = ShareToRating(run.value(i));
    }
  }
  return judges;
}

Given MeanOf(const std::map<std::string, Given>& people) {
  std::map<Answer, std::vector<double>> all;
  for (const auto& [name, given] : people) {
    for (const auto& [answer, rating] : given) all[answer].push_back(rating);
  }
  Given mean;
  for (const auto& [answer, ratings] : all) {
    double sum = 0;
    for (const double rating : ratings) sum += rating;
    mean[answer] = sum / static_cast<double>(ratings.size());
  }
  return mean;
}

// Of one run.
std::vector<double> Values(const Given& given, int64_t run_id) {
  std::vector<double> values;
  for (const auto& [answer, rating] : given) {
    if (answer.first == run_id) values.push_back(rating);
  }
  return values;
}

void AddModels(absl::Span<const StoredReview> reviews, const Given& people,
               const std::map<std::string, Given>& judges, v1::CriterionAgreement& criterion) {
  std::map<int64_t, std::string> runs;
  for (const StoredReview& review : reviews) runs[review.run_id] = review.model;
  for (const auto& [run_id, name] : runs) {
    const Estimate mean = EstimateMean(Values(people, run_id));
    v1::RatedModel* model = criterion.add_models();
    model->set_run_id(run_id);
    model->set_model(name);
    model->set_answers(mean.n);
    model->set_mean(mean.value);
    model->set_standard_error(mean.standard_error);
    const auto within = [](double rating) {
      return rating < kLowestRating    ? double{kLowestRating}
             : rating > kHighestRating ? double{kHighestRating}
                                       : rating;  // NaN stays
    };
    model->set_low(within(mean.interval.low));
    model->set_high(within(mean.interval.high));
    for (const auto& [judge, given] : judges) {
      const std::vector<double> values = Values(given, run_id);
      if (!values.empty()) (*model->mutable_judge_means())[judge] = EstimateMean(values).value;
    }
  }
}

}  // namespace

v1::RatingAgreement MeasureRatings(const StoredCampaign& campaign,
                                   absl::Span<const StoredReview> reviews,
                                   absl::Span<const v1::GetRunScoresResponse> judges,
                                   const BootstrapOptions& options) {
  v1::RatingAgreement agreement;
  for (const std::string& name : campaign.criteria) {
    v1::CriterionAgreement& criterion = *agreement.add_criteria();
    criterion.set_criterion(name);
    const std::map<std::string, Given> people = People(reviews, name);
    std::vector<const Given*> given;
    std::vector<std::string> names;
    for (const auto& [rater, ratings] : people) {
      given.push_back(&ratings);
      names.push_back(rater);
    }
    const JudgeAgreement among = Measure(given, options);
    criterion.set_answers(among.units);
    criterion.set_alpha(among.alpha);
    criterion.set_alpha_low(among.alpha_interval.low);
    criterion.set_alpha_high(among.alpha_interval.high);
    for (const PairAgreement& pair : among.pairs) {
      *criterion.add_pairs() = ToProto(pair, names[pair.first], names[pair.second]);
    }
    const Given mean = MeanOf(people);
    const std::map<std::string, Given> machines = Judges(judges, name);
    for (const auto& [judge, ratings] : machines) {
      const JudgeAgreement with = Measure({&mean, &ratings}, options);
      if (!with.pairs.empty()) {
        *criterion.add_judges() = ToProto(with.pairs.front(), "people", judge);
      }
    }
    AddModels(reviews, mean, machines, criterion);
  }
  return agreement;
}

}  // namespace assay
