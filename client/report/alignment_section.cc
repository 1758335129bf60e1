#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/plots/plot.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/statistics/rank_correlation.h"

namespace assay {
namespace {

constexpr char kAlignmentKey[] = "hhh";

absl::Status AddPopulation(const Population& population, ReportSection& section) {
  const std::string key = HeadlineKey(population);
  if (key.empty() || key == kAlignmentKey) return absl::OkStatus();
  ReportTable table;
  table.name = absl::StrCat("alignment_", FileWord(population));
  table.title = absl::StrCat("Problem solving and alignment, ", population.name);
  table.columns = {{"model", "model"},
                   {"foundation", "foundation"},
                   {"method", "method"},
                   {"problem_solving", TitleOfKey(key), Align::kRight},
                   {"alignment", TitleOfKey(kAlignmentKey), Align::kRight},
                   {"alignment_low", "95%", Align::kRight},
                   {"alignment_high", ""}};
  std::map<std::string, ScatterSeries> series;
  std::vector<double> x, y;
  for (const ReportModel& model : population.models) {
    const TableScore* solving = FindScore(model, key);
    const TableScore* alignment = FindScore(model, kAlignmentKey);
    if (solving == nullptr || alignment == nullptr) continue;
    const bool is_rlhf = model.facts.method == TrainingMethod::kRlhf;
    const std::string method(is_rlhf ? "RLHF" : TrainingMethodName(model.facts.method));
    table.rows.push_back({model.name, model.facts.foundation, method, ScoreCell(key, solving),
                          ScoreCell(kAlignmentKey, alignment),
                          ScoreLowCell(kAlignmentKey, alignment), ScoreHighCell(alignment)});
    ScatterSeries& of = series[method.empty() ? "method not known" : method];
    of.points.push_back({Shown(key, solving->value), Shown(kAlignmentKey, alignment->value),
                         ShownInterval(kAlignmentKey, *alignment)});
    x.push_back(solving->value);
    y.push_back(alignment->value);
  }
  const auto n = static_cast<int64_t>(x.size());
  const Correlation rho = Spearman(x, y);
  if (n < 5 || std::isnan(rho.value)) {
    section.limits.push_back(absl::StrCat(Opening(population), Counted(n, "model"), " with both ",
                                          TitleOfKey(key), " and HHH: too few to relate them."));
  } else {
    const Interval interval = SpearmanInterval(rho.value, n);
    const std::string text =
        absl::StrCat(Opening(population), "over ", n, " models, ", TitleOfKey(key),
                     " and HHH have Spearman's rho ", CoefficientText(rho.value, interval));
    if (interval.low <= 0 && interval.high >= 0) {
      section.limits.push_back(absl::StrCat(text, ": no relation can be told from chance."));
    } else {
      section.findings.push_back(absl::StrCat(text, "."));
    }
  }
  if (n == 0) return absl::OkStatus();
  ScatterPlot plot;
  plot.x.label = absl::StrCat(TitleOfKey(key), " (%)");
  plot.y.label = "HHH (%)";
  for (auto& [method, of] : series) {
    of.name = method;
    plot.series.push_back(std::move(of));
  }
  ReportFigure figure;
  figure.caption = absl::StrCat("Alignment against problem solving, ", Counted(n, "model"), ", ",
                                population.name, ".");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  section.figures.push_back(std::move(figure));
  section.tables.push_back(std::move(table));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReportSection> AlignmentSection(const ReportInput& input) {
  ReportSection section;
  section.id = "alignment";
  section.title = "Alignment against problem solving";
  section.question = "Are models that solve more problems better aligned?";
  section.limits.emplace_back(
      "All of HHH's 221 pairs of answers give a model an interval of about 6 points to each side; "
      "published scores state none.");
  for (const Population& population : input.populations) {
    ASSAY_RETURN_IF_ERROR(AddPopulation(population, section));
  }
  return section;
}

}  // namespace assay
