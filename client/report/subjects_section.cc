#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/output/score_cells.h"
#include "client/plots/plot.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/statistics/distributions.h"
#include "common/statistics/holm.h"

namespace assay {
namespace {

constexpr size_t kLeastGroups = 5;
constexpr int64_t kLeastItems = 20;  // of a group: below, its score is nowhere near normal
constexpr size_t kShownOfModel = 3;  // in the figure: so many of each end
constexpr size_t kMostModels = 8;

// The models' scores by group, of one benchmark; groups that a model lacks are left out.
struct GroupScores {
  std::string benchmark;
  std::vector<std::string> models;
  std::vector<std::string> groups;
  std::vector<std::vector<double>> values;  // [model][group]
  std::vector<std::vector<double>> variances;
  std::vector<std::vector<int64_t>> items;
};

// The variance that Wilson's interval stands for: not 0 where all answers are right.
double VarianceOf(const Metric& metric) {
  const double error = (metric.high - metric.low) / 2 / NormalQuantile((1 + kConfidence) / 2);
  return error * error;
}

std::vector<GroupScores> Collect(const std::vector<LeaderboardCell>& cells,
                                 ReportSection& section) {
  // By benchmark and protocol: a benchmark's cells are of one protocol each.
  std::map<std::pair<std::string, std::string>, std::map<std::string, const LeaderboardCell*>>
      found;
  for (const LeaderboardCell& cell : cells) {
    const bool is_rating = cell.metrics.empty() || cell.metrics.front().unit == MetricUnit::kRating;
    if (is_rating) continue;
    found[{cell.run.benchmark, cell.run.settings.protocol}][cell.model] = &cell;
  }
  std::vector<GroupScores> all;
  for (const auto& [key, by_model] : found) {
    std::map<std::string, size_t> counts;
    size_t small = 0;
    std::map<std::pair<std::string, std::string>, const Metric*> metrics;
    for (const auto& [model, cell] : by_model) {
      for (const Metric& metric : cell->metrics) {
        const bool is_group = !metric.group.empty() && !absl::StrContains(metric.group, ':') &&
                              metric.name == cell->metrics.front().name &&
                              std::isfinite(metric.low) && std::isfinite(metric.high);
        if (is_group && metrics.emplace(std::make_pair(model, metric.group), &metric).second) {
          ++counts[metric.group];
        }
      }
    }
    GroupScores scores;
    scores.benchmark = key.first;
    for (const auto& [group, count] : counts) {
      if (count != by_model.size()) continue;
      const bool is_small =
          std::any_of(by_model.begin(), by_model.end(), [&, name = group](const auto& of) {
            return metrics.at({of.first, name})->items < kLeastItems;
          });
      small += is_small ? 1 : 0;
      if (!is_small) scores.groups.push_back(group);
    }
    if (small > 0 && scores.groups.size() + small >= kLeastGroups) {
      section.limits.push_back(absl::StrCat(
          TitleOfKey(key.first), ": ", Counted(static_cast<int64_t>(small), "group"),
          " with fewer than ", kLeastItems, " items in a run, of which nothing is told."));
    }
    if (scores.groups.size() < kLeastGroups) continue;
    for (const auto& [model, cell] : by_model) {
      scores.models.push_back(model);
      std::vector<double> values, variances;
      std::vector<int64_t> items;
      for (const std::string& group : scores.groups) {
        const Metric& metric = *metrics.at({model, group});
        values.push_back(metric.value);
        variances.push_back(VarianceOf(metric));
        items.push_back(metric.items);
      }
      scores.values.push_back(std::move(values));
      scores.variances.push_back(std::move(variances));
      scores.items.push_back(std::move(items));
    }
    all.push_back(std::move(scores));
  }
  return all;
}

struct Strength {
  size_t model = 0;
  size_t group = 0;
  double deviation = 0;
  double standard_error = 0;
  double p = kUndefined;
  double holm = kUndefined;
};

// How far each score is from what its model and its group have in the mean: of one model, from the
// model's mean alone.
std::vector<Strength> Deviations(const GroupScores& scores) {
  const size_t models = scores.models.size();
  const size_t groups = scores.groups.size();
  const double of_model = models > 1 ? 1.0 / static_cast<double>(models) : 0;
  const double of_group = 1.0 / static_cast<double>(groups);
  std::vector<Strength> all;
  for (size_t m = 0; m < models; ++m) {
    for (size_t g = 0; g < groups; ++g) {
      Strength strength;
      strength.model = m;
      strength.group = g;
      double variance = 0;
      for (size_t i = 0; i < models; ++i) {
        for (size_t j = 0; j < groups; ++j) {
          const double weight = ((i == m ? 1 : 0) - of_model) * ((j == g ? 1 : 0) - of_group);
          strength.deviation += weight * scores.values[i][j];
          variance += weight * weight * scores.variances[i][j];
        }
      }
      strength.standard_error = std::sqrt(variance);
      if (variance > 0) strength.p = NormalTwoSided(strength.deviation / strength.standard_error);
      all.push_back(strength);
    }
  }
  std::vector<double> p_values;
  for (const Strength& strength : all) p_values.push_back(strength.p);
  const std::vector<double> corrected = AdjustHolm(p_values);
  for (size_t i = 0; i < all.size(); ++i) all[i].holm = corrected[i];
  return all;
}

// The strongest and weakest of each model, strongest first.
IntervalPlot PlotOf(const GroupScores& scores, const std::vector<Strength>& strengths) {
  IntervalPlot plot;
  plot.x.label = "above what is expected (points)";
  plot.reference = 0;
  const double reach = NormalQuantile((1 + kConfidence) / 2);
  for (size_t m = 0; m < std::min(scores.models.size(), kMostModels); ++m) {
    std::vector<Strength> own;
    for (const Strength& strength : strengths) {
      if (strength.model == m) own.push_back(strength);
    }
    std::sort(own.begin(), own.end(),
              [](const Strength& a, const Strength& b) { return a.deviation > b.deviation; });
    plot.series.push_back(scores.models[m]);
    for (size_t i = 0; i < own.size(); ++i) {
      if (i >= kShownOfModel && i + kShownOfModel < own.size()) continue;
      const double value = own[i].deviation * 100;
      const double error = own[i].standard_error * reach * 100;
      plot.rows.push_back({absl::StrCat(scores.models[m], ": ", scores.groups[own[i].group]), m,
                           value, Interval{value - error, value + error}});
    }
  }
  return plot;
}

absl::Status AddBenchmark(const GroupScores& scores, ReportSection& section) {
  const std::vector<Strength> strengths = Deviations(scores);
  ReportTable table;
  table.name = absl::StrCat("subjects_", scores.benchmark);
  table.title = absl::StrCat("Strengths by group, ", TitleOfKey(scores.benchmark));
  table.columns = {{"model", "model"},
                   {"group", "group"},
                   {"items", "items", Align::kRight},
                   {"score", "score", Align::kRight},
                   {"deviation", "above expected (points)", Align::kRight},
                   {"standard_error", "± s.e.", Align::kRight},
                   {"p", "p", Align::kRight},
                   {"holm_p", "Holm p", Align::kRight}};
  int64_t sure = 0;
  for (const Strength& strength : strengths) {
    TableScore score;
    score.value = scores.values[strength.model][strength.group];
    table.rows.push_back(
        {scores.models[strength.model], scores.groups[strength.group],
         scores.items[strength.model][strength.group], ScoreCell(scores.benchmark, &score),
         DifferenceCell(scores.benchmark, strength.deviation), PercentCell(strength.standard_error),
         ProbabilityCell(strength.p), ProbabilityCell(strength.holm)});
    sure += strength.holm < 1 - kConfidence ? 1 : 0;
  }
  section.findings.push_back(
      absl::StrCat(TitleOfKey(scores.benchmark), ": ", sure, " of ",
                   Counted(static_cast<int64_t>(strengths.size()), "pair"),
                   " of a model and a group (", scores.models.size(), " × ", scores.groups.size(),
                   ") differ from what is expected, all tests together at 5% (Holm)."));
  ReportFigure figure;
  figure.caption = absl::StrCat(
      TitleOfKey(scores.benchmark), ": the ", kShownOfModel, " strongest and weakest groups of ",
      scores.models.size() > kMostModels ? "the first " : "each of ",
      Counted(static_cast<int64_t>(std::min(scores.models.size(), kMostModels)), "model"),
      ". Bars are 95% intervals, each by itself.");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(PlotOf(scores, strengths)));
  section.figures.push_back(std::move(figure));
  section.tables.push_back(std::move(table));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReportSection> SubjectsSection(const ReportInput& input) {
  ReportSection section;
  section.id = "subjects";
  section.title = "Strengths by subject and task";
  section.question = "In which subjects is a model better or worse than one would expect?";
  const std::vector<GroupScores> all = Collect(input.cells, section);
  if (all.empty()) {
    section.limits.push_back(
        absl::StrCat("There is no run of ours on a benchmark with five groups or more of ",
                     kLeastItems, " items; published tables have no groups."));
    return section;
  }
  section.limits.emplace_back(
      "Expected is what the model has in the mean of the groups, plus what the group is harder or "
      "easier for all models; of a single model, its own mean. Standard errors take the models' "
      "answers as independent, which makes them a little too wide.");
  for (const GroupScores& scores : all) ASSAY_RETURN_IF_ERROR(AddBenchmark(scores, section));
  return section;
}

}  // namespace assay
