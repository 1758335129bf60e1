#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/output/score_cells.h"
#include "client/plots/plot.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/statistics/rank_correlation.h"
#include "common/statistics/regression.h"

namespace assay {
namespace {

constexpr char kOthers[] = "others";

// Points of one foundation: log2 of the parameters, and the score.
struct Points {
  std::vector<double> doublings;
  std::vector<double> scores;
  std::vector<std::optional<Interval>> intervals;
};
using ByFoundation = std::map<std::string, Points>;

ByFoundation PointsOf(const Population& population, const std::string& key) {
  ByFoundation points;
  for (const ReportModel& model : population.models) {
    const TableScore* score = FindScore(model, key);
    if (score == nullptr || model.facts.parameters == 0) continue;
    Points& of = points[model.facts.foundation.empty() ? kOthers : model.facts.foundation];
    of.doublings.push_back(std::log2(static_cast<double>(model.facts.parameters)));
    of.scores.push_back(score->value);
    of.intervals.push_back(ShownInterval(key, *score));
  }
  return points;
}

Points Together(const ByFoundation& points) {
  Points all;
  for (const auto& [foundation, of] : points) {
    all.doublings.insert(all.doublings.end(), of.doublings.begin(), of.doublings.end());
    all.scores.insert(all.scores.end(), of.scores.begin(), of.scores.end());
  }
  return all;
}

absl::StatusOr<ReportFigure> Figure(const Population& population, const std::string& key,
                                    const ByFoundation& points) {
  ScatterPlot plot;
  plot.x = {"parameters", /*logarithmic=*/true};
  plot.y.label = absl::StrCat(TitleOfKey(key), " (%)");
  int64_t models = 0;
  for (const auto& [foundation, of] : points) {
    ScatterSeries series;
    series.name = foundation;
    for (size_t i = 0; i < of.scores.size(); ++i, ++models) {
      series.points.push_back(
          {std::exp2(of.doublings[i]), Shown(key, of.scores[i]), of.intervals[i]});
    }
    const LineFit fit = FitLine(of.doublings, of.scores);
    // A line through two points says nothing, and "others" have nothing in common.
    if (fit.slope.n >= 3 && !std::isnan(fit.slope.value) && foundation != kOthers) {
      const auto [low, high] = std::minmax_element(of.doublings.begin(), of.doublings.end());
      for (const double x : {*low, *high}) {
        series.line.push_back({std::exp2(x), Shown(key, fit.intercept + fit.slope.value * x)});
      }
    }
    plot.series.push_back(std::move(series));
  }
  ReportFigure figure;
  figure.caption =
      absl::StrCat(TitleOfKey(key), " against parameters, ", Counted(models, "model"), ", ",
                   population.name, ". Lines: least squares of each foundation with three models",
                   population.is_ours ? "; bars are 95% intervals over items." : ".");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  return figure;
}

std::vector<Cell> SlopeRow(const std::string& key, const std::string& foundation,
                           const Points& points) {
  const LineFit fit = FitLine(points.doublings, points.scores);
  const Correlation rho = Spearman(points.doublings, points.scores);
  const Interval interval = SpearmanInterval(rho.value, fit.slope.n);
  return {TitleOfKey(key),
          foundation,
          fit.slope.n,
          DifferenceCell(key, fit.slope.value),
          DifferenceLowCell(key, fit.slope.interval),
          HighCell(fit.slope.interval),
          CoefficientCell(rho.value),
          CoefficientLowCell(interval),
          HighCell(interval),
          ProbabilityCell(rho.p_value)};
}

void Tell(const Population& population, const std::string& key, const ByFoundation& points,
          ReportSection& section) {
  const Points all = Together(points);
  const auto n = static_cast<int64_t>(all.scores.size());
  const Correlation rho = Spearman(all.doublings, all.scores);
  if (n < 5 || std::isnan(rho.value)) {
    section.limits.push_back(absl::StrCat(Opening(population), Counted(n, "model"),
                                          " of known size, or all of one size: too few to say "
                                          "anything of size."));
    return;
  }
  section.findings.push_back(
      absl::StrCat(Opening(population), "over all ", n, " models of known size, size and ",
                   TitleOfKey(key), " go together with Spearman's rho ",
                   CoefficientText(rho.value, SpearmanInterval(rho.value, n)), "."));
  for (const auto& [foundation, of] : points) {
    if (foundation == kOthers) continue;
    const LineFit fit = FitLine(of.doublings, of.scores);
    if (std::isnan(fit.slope.standard_error) || fit.slope.n < 4) continue;
    section.findings.push_back(absl::StrCat(Opening(population), "models on ", foundation, " gain ",
                                            DifferenceText(key, fit.slope), " points of ",
                                            TitleOfKey(key), " with each doubling of the size (",
                                            fit.slope.n, " models, tuned ones and not)."));
  }
}

}  // namespace

absl::StatusOr<ReportSection> SizeSection(const ReportInput& input) {
  ReportSection section;
  section.id = "size";
  section.title = "Size and foundation";
  section.question = "How much does a larger model bring, and how much what it was built on?";
  section.limits.emplace_back(
      "Models of one foundation differ in their instruction data too, and few are of the same make "
      "in all sizes: a slope describes these models and does not tell what causes it.");
  for (const Population& population : input.populations) {
    ReportTable table;
    table.name = absl::StrCat("size_", FileWord(population));
    table.title = absl::StrCat("Score for each doubling of the parameters, ", population.name);
    table.columns = {{"benchmark", "benchmark"},
                     {"foundation", "foundation"},
                     {"models", "models", Align::kRight},
                     {"slope", "per doubling (points)", Align::kRight},
                     {"slope_low", "95% interval", Align::kRight},
                     {"slope_high", ""},
                     {"spearman", "Spearman's rho", Align::kRight},
                     {"spearman_low", "95% interval", Align::kRight},
                     {"spearman_high", ""},
                     {"spearman_p", "p", Align::kRight}};
    const std::string headline = HeadlineKey(population);
    for (const std::string& key : SharedKeys(population, 2, /*ratings=*/false)) {
      const ByFoundation points = PointsOf(population, key);
      table.rows.push_back(SlopeRow(key, "all", Together(points)));
      for (const auto& [foundation, of] : points) {
        if (of.scores.size() >= 2) table.rows.push_back(SlopeRow(key, foundation, of));
      }
      if (key != headline || points.empty()) continue;
      Tell(population, key, points, section);
      ASSAY_ASSIGN_OR_RETURN(ReportFigure figure, Figure(population, key, points));
      section.figures.push_back(std::move(figure));
    }
    if (!table.rows.empty()) section.tables.push_back(std::move(table));
  }
  return section;
}

}  // namespace assay
