#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/output/score_cells.h"
#include "client/plots/plot.h"
#include "client/report/pairs.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/leaderboard/columns.h"

namespace assay {
namespace {

// More rows than these are no figure any more.
constexpr size_t kMostRows = 80;

std::vector<const ReportModel*> Sorted(const Population& population, const std::string& key) {
  std::vector<const ReportModel*> models;
  for (const ReportModel& model : population.models) models.push_back(&model);
  const auto value = [&](const ReportModel* model) {
    const TableScore* score = FindScore(*model, key);
    return score == nullptr ? -1.0 : score->value;
  };
  std::stable_sort(models.begin(), models.end(),
                   [&](const ReportModel* a, const ReportModel* b) { return value(a) > value(b); });
  return models;
}

// A row for each model: its facts, then each score with its interval.
ReportTable ModelsTable(const Population& population,
                        const std::vector<const ReportModel*>& models) {
  ReportTable table;
  table.name = absl::StrCat("models_", FileWord(population));
  table.title = absl::StrCat("Models, ", population.name);
  table.columns = {{"model", "model"},
                   {"foundation", "foundation"},
                   {"parameters", "size", Align::kRight},
                   {"instruction_data", "instruction data"},
                   {"method", "method"},
                   {"tuning", "tuning"}};
  std::vector<std::string> keys = SharedKeys(population, 1, /*ratings=*/false);
  for (std::string& key : SharedKeys(population, 1, /*ratings=*/true)) {
    keys.push_back(std::move(key));
  }
  for (const std::string& key : keys) {
    table.columns.push_back({key, TitleOfKey(key), Align::kRight});
    if (!population.is_ours) continue;
    table.columns.push_back({key + "_low", "95%", Align::kRight});
    table.columns.push_back({key + "_high", ""});
    table.columns.push_back({key + "_items", ""});
  }
  for (const ReportModel* model : models) {
    const ModelFacts& facts = model->facts;
    std::vector<Cell> row = {
        model->name,
        facts.foundation,
        Cell(facts.parameters == 0 ? Json() : Json(facts.parameters), SizeName(facts.parameters)),
        facts.instruction_data,
        std::string(TrainingMethodName(facts.method)),
        std::string(TuningName(facts.tuning))};
    for (const std::string& key : keys) {
      const TableScore* score = FindScore(*model, key);
      row.push_back(ScoreCell(key, score));
      if (!population.is_ours) continue;
      row.push_back(ScoreLowCell(key, score));
      row.push_back(ScoreHighCell(score));
      row.emplace_back(score == nullptr ? Json() : Json(score->items));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// How many models may be as good as the best one, by their paired differences.
absl::StatusOr<std::string> RivalsText(const ReportInput& input,
                                       const std::vector<const ReportModel*>& models,
                                       const std::string& key) {
  int64_t others = 0, rivals = 0, within = 0;
  const TableScore* best = FindScore(*models.front(), key);
  const bool has_interval = ShownInterval(key, *best).has_value();
  for (size_t i = 1; i < models.size(); ++i) {
    ASSAY_ASSIGN_OR_RETURN(const Estimate lead,
                           ScoreDifference(input, *models.front(), *models[i], key));
    const TableScore* score = FindScore(*models[i], key);
    within += has_interval && score != nullptr && score->value >= best->low ? 1 : 0;
    if (std::isnan(lead.interval.low)) continue;
    ++others;
    rivals += lead.interval.low <= 0 ? 1 : 0;
  }
  if (others == 0 && within == 0) return "";
  if (others == 0) {
    return absl::StrCat("; the interval holds the ", within == 1 ? "score" : "scores", " of ",
                        Counted(within, "other model"));
  }
  return absl::StrCat("; ", rivals == 0 ? "none" : absl::StrCat(rivals), " of the other ", others,
                      " may be as good (95% intervals of paired differences, each by itself)");
}

// The best model of an ability: "problem solving: x, 51.60%".
absl::StatusOr<std::string> BestText(const ReportInput& input, const Population& population,
                                     const std::string& ability, const std::string& key) {
  const std::vector<const ReportModel*> models = Sorted(population, key);
  const TableScore* score = models.empty() ? nullptr : FindScore(*models.front(), key);
  if (score == nullptr) return "";
  const auto count = std::count_if(models.begin(), models.end(), [&](const ReportModel* model) {
    return FindScore(*model, key) != nullptr;
  });
  const std::optional<Interval> interval = ShownInterval(key, *score);
  std::string text =
      absl::StrCat(ability, ": ", ModelLabel(*models.front()), " has the highest ", TitleOfKey(key),
                   " of ", Counted(count, "model"), ", ", ScoreCell(key, score).text);
  if (interval.has_value()) absl::StrAppend(&text, " (95%: ", ScoreLowCell(key, score).text, ")");
  ASSAY_ASSIGN_OR_RETURN(const std::string rivals, RivalsText(input, models, key));
  return absl::StrCat(text, rivals, ".");
}

absl::StatusOr<ReportFigure> HeadlineFigure(const Population& population,
                                            const std::vector<const ReportModel*>& models,
                                            const std::string& key) {
  IntervalPlot plot;
  plot.x.label = absl::StrCat(TitleOfKey(key), " (%)");
  plot.series = {population.name};
  int64_t fewest = 0, most = 0;
  for (const ReportModel* model : models) {
    const TableScore* score = FindScore(*model, key);
    if (score == nullptr || plot.rows.size() == kMostRows) continue;
    fewest = most == 0 ? score->items : std::min(fewest, score->items);
    most = std::max(most, score->items);
    plot.rows.push_back(
        {ModelLabel(*model), 0, Shown(key, score->value), ShownInterval(key, *score)});
  }
  ReportFigure figure;
  figure.caption = absl::StrCat(
      TitleOfKey(key), " of ", Counted(static_cast<int64_t>(plot.rows.size()), "model"), ", ",
      population.name,
      population.is_ours
          ? absl::StrCat(". Bars are 95% intervals over ",
                         fewest == most ? "" : absl::StrCat(fewest, " to "), most, " items.")
          : ". The tables state no intervals.");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  return figure;
}

}  // namespace

absl::StatusOr<ReportSection> OverallSection(const ReportInput& input) {
  ReportSection section;
  section.id = "overall";
  section.title = "Overall and by ability";
  section.question = "Which models solve problems, write and are aligned best?";
  for (const Population& population : input.populations) {
    const std::string key = HeadlineKey(population);
    const std::vector<const ReportModel*> models = Sorted(population, key);
    std::string best;
    for (const auto& [ability, of] : std::vector<std::pair<std::string, std::string>>{
             {"problem solving", key},
             {"alignment", "hhh"},
             {"writing, relevance", "impact/relevance"},
             {"writing, coherence", "impact/coherence"}}) {
      if (of.empty()) continue;
      ASSAY_ASSIGN_OR_RETURN(const std::string text, BestText(input, population, ability, of));
      if (!text.empty()) section.findings.push_back(Opening(population) + text);
    }
    if (!population.is_ours) {
      section.limits.push_back(
          absl::StrCat(Opening(population),
                       "the tables state no intervals: which others may be as good is not known."));
    }
    if (!key.empty() && key != kAverageKey) {
      section.limits.push_back(absl::StrCat(
          Opening(population), "fewer than two models have all five problem-solving benchmarks; ",
          TitleOfKey(key), " stands for the average here and below."));
    }
    if (!key.empty()) {
      ASSAY_ASSIGN_OR_RETURN(ReportFigure figure, HeadlineFigure(population, models, key));
      section.figures.push_back(std::move(figure));
    }
    section.tables.push_back(ModelsTable(population, models));
  }
  if (input.populations.empty()) {
    section.limits.emplace_back(
        "There are neither completed runs nor published tables to report on.");
  }
  return section;
}

}  // namespace assay
