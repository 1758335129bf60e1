#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/plots/plot.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"

namespace assay {

absl::StatusOr<ReportSection> ShotsSection(const ReportInput& input) {
  ReportSection section;
  section.id = "shots";
  section.title = "Few- against zero-shot";
  section.question = "What do examples in the prompt bring, for each model and benchmark?";
  if (input.shots.empty()) {
    section.limits.emplace_back(
        "No model has completed runs of one benchmark both with and without examples (`assay sweep "
        "--shots 0,5`), and the published tables have none: nothing can be said.");
    return section;
  }
  ReportTable table;
  table.name = "shots";
  table.title = "Few- less zero-shot, on the items that both runs have";
  table.columns = {{"model", "model"},
                   {"benchmark", "benchmark"},
                   {"few_shots", "shots", Align::kRight},
                   {"few", "few-shot", Align::kRight},
                   {"zero", "zero-shot", Align::kRight},
                   {"difference", "difference (points)", Align::kRight},
                   {"low", "95% interval", Align::kRight},
                   {"high", ""},
                   {"items", "items", Align::kRight}};
  IntervalPlot plot;
  plot.x.label = "few- less zero-shot (points)";
  plot.reference = 0;
  std::map<std::string, size_t> series;
  int64_t better = 0, worse = 0;
  for (const ShotsDifference& shots : input.shots) {
    const std::string& key = shots.benchmark;
    const Interval& interval = shots.difference.interval;
    TableScore few, zero;
    few.value = shots.few;
    zero.value = shots.zero;
    table.rows.push_back({shots.model, TitleOfKey(key), shots.few_shots, ScoreCell(key, &few),
                          ScoreCell(key, &zero), DifferenceCell(key, shots.difference.value),
                          DifferenceLowCell(key, interval), HighCell(interval),
                          shots.difference.n});
    const size_t place = series.emplace(key, series.size()).first->second;
    if (place == plot.series.size()) plot.series.push_back(TitleOfKey(key));
    IntervalRow bar = {shots.model, place, Shown(key, shots.difference.value)};
    if (!std::isnan(interval.low)) {
      bar.interval = {Shown(key, interval.low), Shown(key, interval.high)};
    }
    plot.rows.push_back(std::move(bar));
    better += interval.low > 0 ? 1 : 0;
    worse += interval.high < 0 ? 1 : 0;
  }
  const auto pairs = static_cast<int64_t>(input.shots.size());
  section.findings.push_back(absl::StrCat(
      "Of ", Counted(pairs, "pair"), " of a model and a benchmark, examples raise the score in ",
      better, " and lower it in ", worse, "; the intervals of the other ", pairs - better - worse,
      " hold 0. Each interval is at 95% by itself."));
  ReportFigure figure;
  figure.caption =
      absl::StrCat("What examples in the prompt bring, ", absl::StrJoin(plot.series, ", "),
                   ". Bars are 95% intervals of the paired differences over items.");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  section.figures.push_back(std::move(figure));
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace assay
