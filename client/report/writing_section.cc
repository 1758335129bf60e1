#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/plots/plot.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status AddPopulation(const Population& population, ReportSection& section) {
  const std::vector<std::string> keys = SharedKeys(population, 1, /*ratings=*/true);
  if (keys.empty()) {
    section.limits.push_back(
        absl::StrCat(Opening(population), "no answers to IMPACT have been rated."));
    return absl::OkStatus();
  }
  ReportTable table;
  table.name = absl::StrCat("writing_", FileWord(population));
  table.title = absl::StrCat("Ratings from 1 to 5 by category, ", population.name);
  table.columns = {{"model", "model"},
                   {"column", "rating"},
                   {"rating", "mean", Align::kRight},
                   {"low", "95% interval", Align::kRight},
                   {"high", ""},
                   {"answers", "answers", Align::kRight}};
  IntervalPlot plot;
  plot.x.label = "mean rating, from 1 to 5";
  for (const std::string& key : keys) plot.series.push_back(TitleOfKey(key));
  for (const ReportModel& model : population.models) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const TableScore* score = FindScore(model, keys[i]);
      if (score == nullptr) continue;
      table.rows.push_back({model.name, TitleOfKey(keys[i]), ScoreCell(keys[i], score),
                            ScoreLowCell(keys[i], score), ScoreHighCell(score),
                            score->items == 0 ? Json() : Json(score->items)});
      plot.rows.push_back({absl::StrCat(ModelLabel(model), ", ", TitleOfKey(keys[i])), i,
                           score->value, ShownInterval(keys[i], *score)});
    }
  }
  ReportFigure figure;
  figure.caption = absl::StrCat("Relevance and coherence by category, ", population.name,
                                population.is_ours ? ". Bars are 95% intervals over answers."
                                                   : ". The tables state no intervals.");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  section.figures.push_back(std::move(figure));
  section.tables.push_back(std::move(table));
  return absl::OkStatus();
}

void AddAgreement(const ReportInput& input, ReportSection& section) {
  if (input.agreement.empty()) {
    section.limits.emplace_back(
        "No answers have been rated by two raters, people or judges: how far they agree is not "
        "known, and a judge's ratings are one judge's.");
    return;
  }
  ReportTable table;
  table.name = "rater_agreement";
  table.title = "How far raters agree";
  table.columns = {{"criterion", "criterion"},
                   {"raters", "raters"},
                   {"measure", "measure"},
                   {"answers", "answers", Align::kRight},
                   {"value", "value", Align::kRight},
                   {"low", "95% interval", Align::kRight},
                   {"high", ""}};
  for (const RaterAgreement& agreement : input.agreement) {
    table.rows.push_back({agreement.criterion, agreement.raters, agreement.measure, agreement.units,
                          CoefficientCell(agreement.value), CoefficientLowCell(agreement.interval),
                          HighCell(agreement.interval)});
    if (std::isnan(agreement.value)) continue;
    section.findings.push_back(absl::StrCat(agreement.raters, " on ", agreement.criterion, ": ",
                                            agreement.measure, " ",
                                            CoefficientText(agreement.value, agreement.interval),
                                            " over ", Counted(agreement.units, "answer"), "."));
  }
  section.tables.push_back(std::move(table));
}

}  // namespace

absl::StatusOr<ReportSection> WritingSection(const ReportInput& input) {
  ReportSection section;
  section.id = "writing";
  section.title = "Writing";
  section.question = "How well do models write, by category, and do judges and people agree?";
  for (const Population& population : input.populations) {
    ASSAY_RETURN_IF_ERROR(AddPopulation(population, section));
  }
  AddAgreement(input, section);
  return section;
}

}  // namespace assay
