#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/plots/plot.h"
#include "client/report/pairs.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/statistics/mean.h"

namespace assay {
namespace {

std::vector<Column> GainColumns(const std::vector<std::string>& keys) {
  std::vector<Column> columns = {{"instruction_data", "instruction data"},
                                 {"instruction_examples", "examples", Align::kRight},
                                 {"model", "model"},
                                 {"method", "method"},
                                 {"tuning", "tuning"},
                                 {"foundation", "foundation"},
                                 {"parameters", "size", Align::kRight},
                                 {"base", "pretrained model"}};
  for (const std::string& key : keys) {
    columns.push_back({key, absl::StrCat(TitleOfKey(key), " gain"), Align::kRight});
    columns.push_back({key + "_low", "95%", Align::kRight});
    columns.push_back({key + "_high", ""});
  }
  return columns;
}

// By instruction data, the gains of the headline over the same pretrained models.
using Gains = std::map<std::string, std::vector<Estimate>>;

void Tell(const Population& population, const std::string& key, const Gains& gains,
          ReportSection& section) {
  for (const auto& [data, of_models] : gains) {
    std::vector<double> values;
    for (const Estimate& gain : of_models) values.push_back(gain.value);
    const Estimate mean = EstimateMean(values);
    const std::string opening =
        absl::StrCat(Opening(population), data, " changes ", TitleOfKey(key), " by ");
    if (mean.n >= 3) {
      section.findings.push_back(absl::StrCat(opening, DifferenceText(key, mean),
                                              " points in the mean of ", mean.n,
                                              " models over their pretrained ones."));
    } else if (mean.n == 1 && !std::isnan(of_models[0].interval.low)) {
      section.findings.push_back(absl::StrCat(
          opening, DifferenceText(key, of_models[0]), " points in the one model with ",
          "its pretrained one here; the interval is over ", of_models[0].n, " items."));
    } else {
      section.limits.push_back(absl::StrCat(opening, DifferenceText(key, mean.value), " points in ",
                                            Counted(mean.n, "model"),
                                            " with its pretrained one here: too few for a claim."));
    }
  }
}

absl::Status AddPopulation(const ReportInput& input, const Population& population,
                           ReportSection& section) {
  const std::string headline = HeadlineKey(population);
  const std::vector<std::string> keys = SharedKeys(population, 2, /*ratings=*/false);
  ReportTable table;
  table.name = absl::StrCat("instruction_data_", FileWord(population));
  table.title =
      absl::StrCat("Gain over the pretrained model of like foundation and size, ", population.name);
  table.columns = GainColumns(keys);
  IntervalPlot plot;
  plot.x.label = absl::StrCat("gain in ", TitleOfKey(headline), " (points)");
  plot.reference = 0;
  std::map<std::string, size_t> series;
  Gains gains;
  for (const auto& [tuned, base] : FindTunedPairs(population)) {
    const ModelFacts& facts = tuned->facts;
    const std::string data =
        facts.instruction_data.empty() ? "data not known" : facts.instruction_data;
    std::vector<Cell> row = {
        facts.instruction_data,
        facts.instruction_examples == 0 ? Json() : Json(facts.instruction_examples),
        tuned->name,
        std::string(TrainingMethodName(facts.method)),
        std::string(TuningName(facts.tuning)),
        facts.foundation,
        Cell(facts.parameters, SizeName(facts.parameters)),
        base->name};
    for (const std::string& key : keys) {
      ASSAY_ASSIGN_OR_RETURN(const Estimate gain, ScoreDifference(input, *tuned, *base, key));
      row.push_back(DifferenceCell(key, gain.value));
      row.push_back(DifferenceLowCell(key, gain.interval));
      row.push_back(HighCell(gain.interval));
      if (key != headline || std::isnan(gain.value)) continue;
      const size_t place = series.emplace(data, series.size()).first->second;
      if (place == plot.series.size()) plot.series.push_back(data);
      IntervalRow bar = {ModelLabel(*tuned), place, Shown(key, gain.value)};
      if (!std::isnan(gain.interval.low)) {
        bar.interval = {Shown(key, gain.interval.low), Shown(key, gain.interval.high)};
      }
      plot.rows.push_back(std::move(bar));
      if (!facts.instruction_data.empty()) gains[data].push_back(gain);
    }
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty()) {
    section.limits.push_back(absl::StrCat(
        Opening(population),
        "no tuned model has its pretrained model (same foundation and size) beside it, so nothing "
        "can be said of instruction data. `assay model facts` tells what is known of models."));
    return absl::OkStatus();
  }
  Tell(population, headline, gains, section);
  if (!plot.rows.empty()) {
    ReportFigure figure;
    figure.caption = absl::StrCat(
        "Gain in ", TitleOfKey(headline), " over the pretrained model, ",
        Counted(static_cast<int64_t>(plot.rows.size()), "tuned model"), ", ", population.name,
        population.is_ours ? ". Bars are 95% intervals of the paired differences over items."
                           : ". The tables state no intervals.");
    ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
    section.figures.push_back(std::move(figure));
  }
  section.tables.push_back(std::move(table));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReportSection> InstructionDataSection(const ReportInput& input) {
  ReportSection section;
  section.id = "instruction-data";
  section.title = "Instruction data";
  section.question = "What do instruction data bring, compared at like foundation and size?";
  for (const Population& population : input.populations) {
    ASSAY_RETURN_IF_ERROR(AddPopulation(input, population, section));
  }
  return section;
}

}  // namespace assay
