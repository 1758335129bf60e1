#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/output/score_cells.h"
#include "client/plots/plot.h"
#include "client/report/pairs.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/statistics/mean.h"
#include "common/statistics/sign_flip.h"

namespace assay {
namespace {

// "supervised by LoRA", "pretrained"; empty where the method is not known.
std::string MethodOf(const ModelFacts& facts) {
  switch (facts.method) {
    case TrainingMethod::kUnknown:
      return "";
    case TrainingMethod::kPretrained:
      return "pretrained";
    case TrainingMethod::kSupervised:
    case TrainingMethod::kRlhf:
      break;
  }
  const std::string method = facts.method == TrainingMethod::kRlhf ? "RLHF" : "supervised";
  if (facts.tuning == Tuning::kLora) return method + " by LoRA";
  return method + (facts.tuning == Tuning::kFull ? " of all weights" : ", tuning not known");
}

using ByMethod = std::map<std::string, std::vector<double>>;

std::vector<Column> MeanColumns(const std::string& what) {
  return {{"method", "method"},
          {"models", "models", Align::kRight},
          {"mean", what, Align::kRight},
          {"mean_low", "95% interval", Align::kRight},
          {"mean_high", ""},
          {"lowest", "lowest", Align::kRight},
          {"highest", "highest", Align::kRight}};
}

std::vector<Cell> MeanRow(const std::string& key, const std::string& method,
                          const std::vector<double>& values, bool is_difference) {
  const Estimate mean = EstimateMean(values);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const auto cell = [&](double value) {
    TableScore score;
    score.value = value;
    return is_difference ? DifferenceCell(key, value) : ScoreCell(key, &score);
  };
  return {method,
          mean.n,
          cell(mean.value),
          DifferenceLowCell(key, mean.interval),
          HighCell(mean.interval),
          cell(*low),
          cell(*high)};
}

ReportTable LevelsTable(const Population& population, const std::string& key) {
  ByMethod levels;
  for (const ReportModel& model : population.models) {
    const TableScore* score = FindScore(model, key);
    const std::string method = MethodOf(model.facts);
    if (score != nullptr && !method.empty()) levels[method].push_back(score->value);
  }
  ReportTable table;
  table.name = absl::StrCat("methods_", FileWord(population));
  table.title = absl::StrCat(TitleOfKey(key), " by training method, ", population.name,
                             " (models of all sizes and foundations; not like with like)");
  table.columns = MeanColumns(TitleOfKey(key));
  for (const auto& [method, values] : levels) {
    table.rows.push_back(MeanRow(key, method, values, /*is_difference=*/false));
  }
  return table;
}

absl::Status AddGains(const Population& population, const std::string& key,
                      ReportSection& section) {
  ByMethod gains;
  for (const auto& [tuned, base] : FindTunedPairs(population)) {
    const TableScore* of_tuned = FindScore(*tuned, key);
    const TableScore* of_base = FindScore(*base, key);
    if (of_tuned == nullptr || of_base == nullptr) continue;
    gains[MethodOf(tuned->facts)].push_back(of_tuned->value - of_base->value);
  }
  if (gains.empty()) {
    section.limits.push_back(absl::StrCat(Opening(population),
                                          "no tuned model with its pretrained model beside it: "
                                          "methods cannot be compared at like size."));
    return absl::OkStatus();
  }
  ReportTable table;
  table.name = absl::StrCat("method_gains_", FileWord(population));
  table.title =
      absl::StrCat("Gain in ", TitleOfKey(key),
                   " over the pretrained model of like foundation and size, ", population.name);
  table.columns = MeanColumns("gain (points)");
  table.columns.push_back({"p", "sign-flip p", Align::kRight});
  IntervalPlot plot;
  plot.x.label = absl::StrCat("gain in ", TitleOfKey(key), " (points)");
  plot.reference = 0;
  plot.series = {population.name};
  if (gains.size() > 1) {
    section.limits.push_back(
        absl::StrCat(Opening(population),
                     "the models of one method have other foundations, sizes and data than those "
                     "of another: what a method gains is not how far it is above another one."));
  }
  for (const auto& [method, values] : gains) {
    const Estimate mean = EstimateMean(values);
    const double p = SignFlipTest(values, {}).p_value;
    std::vector<Cell> row = MeanRow(key, method, values, /*is_difference=*/true);
    row.push_back(ProbabilityCell(p));
    table.rows.push_back(std::move(row));
    IntervalRow bar = {absl::StrCat(method, " (", Counted(mean.n, "model"), ")"), 0,
                       Shown(key, mean.value)};
    if (!std::isnan(mean.interval.low)) {
      bar.interval = {Shown(key, mean.interval.low), Shown(key, mean.interval.high)};
    }
    plot.rows.push_back(std::move(bar));
    if (mean.n >= 3) {
      section.findings.push_back(
          absl::StrCat(Opening(population), method, ": ", DifferenceText(key, mean), " points of ",
                       TitleOfKey(key), " over the pretrained models in the mean (", mean.n,
                       " models, sign-flip p ", ProbabilityCell(p).text, ")."));
    } else {
      section.limits.push_back(absl::StrCat(Opening(population), "only ", Counted(mean.n, "model"),
                                            " of method \"", method,
                                            "\" with its pretrained model: no claim."));
    }
  }
  ReportFigure figure;
  figure.caption = absl::StrCat("Mean gain by training method, ", population.name,
                                ". Bars are 95% intervals over models (Student's).");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  section.figures.push_back(std::move(figure));
  section.tables.push_back(std::move(table));
  return absl::OkStatus();
}

// LoRA against all weights: the same foundation, size, method and data.
void TellLora(const Population& population, const std::string& key, ReportSection& section) {
  std::vector<double> differences;
  for (const ReportModel& lora : population.models) {
    if (lora.facts.tuning != Tuning::kLora || lora.facts.instruction_data.empty()) continue;
    for (const ReportModel& full : population.models) {
      const bool is_alike = full.facts.tuning == Tuning::kFull &&
                            full.facts.method == lora.facts.method &&
                            full.facts.foundation == lora.facts.foundation &&
                            full.facts.parameters == lora.facts.parameters &&
                            full.facts.instruction_data == lora.facts.instruction_data;
      const TableScore* of_lora = FindScore(lora, key);
      const TableScore* of_full = FindScore(full, key);
      if (!is_alike || of_lora == nullptr || of_full == nullptr) continue;
      differences.push_back(of_lora->value - of_full->value);
    }
  }
  if (differences.size() < 3) {
    section.limits.push_back(absl::StrCat(
        Opening(population), Counted(static_cast<int64_t>(differences.size()), "pair"),
        " of a LoRA and a fully tuned model of the same foundation, size and data",
        differences.empty() ? ""
                            : absl::StrCat(" (LoRA less full: ",
                                           DifferenceText(key, EstimateMean(differences).value),
                                           " points of ", TitleOfKey(key), ")"),
        ": too few to say what LoRA costs."));
    return;
  }
  section.findings.push_back(
      absl::StrCat(Opening(population),
                   "LoRA models less fully tuned ones of the same foundation, size and "
                   "data: ",
                   DifferenceText(key, EstimateMean(differences)), " points of ", TitleOfKey(key),
                   " (", differences.size(), " pairs)."));
}

}  // namespace

absl::StatusOr<ReportSection> TrainingMethodSection(const ReportInput& input) {
  ReportSection section;
  section.id = "training-methods";
  section.title = "Training methods";
  section.question = "Pretrained, supervised, RLHF, LoRA: what does each bring?";
  for (const Population& population : input.populations) {
    const std::string key = HeadlineKey(population);
    if (key.empty()) continue;
    ASSAY_RETURN_IF_ERROR(AddGains(population, key, section));
    TellLora(population, key, section);
    ReportTable levels = LevelsTable(population, key);
    if (!levels.rows.empty()) section.tables.push_back(std::move(levels));
  }
  return section;
}

}  // namespace assay
