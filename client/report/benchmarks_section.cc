#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/output/score_cells.h"
#include "client/plots/plot.h"
#include "client/report/population.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/base/status_macros.h"
#include "common/leaderboard/columns.h"
#include "common/statistics/holm.h"
#include "common/statistics/rank_correlation.h"

namespace assay {
namespace {

constexpr int64_t kLeastModels = 5;

struct Pair {
  size_t first = 0;
  size_t second = 0;
  int64_t n = 0;
  Correlation rho;
  Interval interval;
};

Pair Correlate(const Population& population, const std::string& a, const std::string& b) {
  std::vector<double> x, y;
  for (const ReportModel& model : population.models) {
    const TableScore* of_a = FindScore(model, a);
    const TableScore* of_b = FindScore(model, b);
    if (of_a == nullptr || of_b == nullptr) continue;
    x.push_back(of_a->value);
    y.push_back(of_b->value);
  }
  Pair pair;
  pair.n = static_cast<int64_t>(x.size());
  if (pair.n < kLeastModels) return pair;
  pair.rho = Spearman(x, y);
  pair.interval = SpearmanInterval(pair.rho.value, pair.n);
  return pair;
}

// Whole benchmarks, and the two ratings of writing; an average is a mixture of others.
std::vector<std::string> KeysOf(const Population& population) {
  std::vector<std::string> keys;
  for (const bool ratings : {false, true}) {
    for (const std::string& key : SharedKeys(population, kLeastModels, ratings)) {
      const bool is_part = ratings ? key != "impact/relevance" && key != "impact/coherence"
                                   : absl::StrContains(key, '/') || key == kAverageKey;
      if (!is_part) keys.push_back(key);
    }
  }
  return keys;
}

void Tell(const Population& population, const std::vector<std::string>& keys,
          const std::vector<Pair>& pairs, const std::vector<double>& corrected,
          ReportSection& section) {
  const Pair* highest = nullptr;
  const Pair* lowest = nullptr;
  int64_t known = 0, sure = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    if (std::isnan(pair.rho.value)) continue;
    ++known;
    if (lowest == nullptr || pair.rho.value < lowest->rho.value) lowest = &pair;
    if (!(corrected[i] < 1 - kConfidence)) continue;
    ++sure;
    if (highest == nullptr || pair.rho.value > highest->rho.value) highest = &pair;
  }
  const auto text = [&](const Pair& pair) {
    return absl::StrCat(TitleOfKey(keys[pair.first]), " and ", TitleOfKey(keys[pair.second]),
                        ", rho ", CoefficientText(pair.rho.value, pair.interval), ", ", pair.n,
                        " models");
  };
  if (lowest == nullptr) return;
  const std::string opening =
      absl::StrCat(Opening(population), "of ", Counted(known, "pair"), " of benchmarks, ");
  if (sure == 0) {
    section.limits.push_back(
        absl::StrCat(opening,
                     "none orders the models alike beyond chance, all tests together at "
                     "5% (Holm)."));
    return;
  }
  section.findings.push_back(
      absl::StrCat(opening, sure,
                   " order the models alike or contrary beyond chance, all tests together at 5% "
                   "(Holm); the highest rho of these is that of ",
                   text(*highest), "."));
  if (lowest != highest) {
    section.findings.push_back(
        absl::StrCat(Opening(population), "least alike order models ", text(*lowest), "."));
  }
}

absl::Status AddPopulation(const Population& population, ReportSection& section) {
  const std::vector<std::string> keys = KeysOf(population);
  if (keys.size() < 2) {
    section.limits.push_back(absl::StrCat(Opening(population), "fewer than two benchmarks with ",
                                          kLeastModels, " models each: no correlations."));
    return absl::OkStatus();
  }
  CorrelationPlot plot;
  plot.values.assign(keys.size(), std::vector<std::optional<double>>(keys.size()));
  for (size_t i = 0; i < keys.size(); ++i) {
    plot.labels.push_back(TitleOfKey(keys[i]));
    plot.values[i][i] = 1;
  }
  std::vector<Pair> pairs;
  std::vector<double> p_values;
  for (size_t i = 0; i < keys.size(); ++i) {
    for (size_t j = i + 1; j < keys.size(); ++j) {
      Pair pair = Correlate(population, keys[i], keys[j]);
      pair.first = i;
      pair.second = j;
      if (!std::isnan(pair.rho.value)) {
        plot.values[i][j] = plot.values[j][i] = pair.rho.value;
      }
      p_values.push_back(pair.rho.p_value);
      pairs.push_back(pair);
    }
  }
  const std::vector<double> corrected = AdjustHolm(p_values);
  ReportTable table;
  table.name = absl::StrCat("correlations_", FileWord(population));
  table.title = absl::StrCat("Spearman's rho of the benchmarks' scores, ", population.name);
  table.columns = {{"first", "benchmark"},
                   {"second", "benchmark"},
                   {"models", "models", Align::kRight},
                   {"spearman", "rho", Align::kRight},
                   {"low", "95% interval", Align::kRight},
                   {"high", ""},
                   {"p", "p", Align::kRight},
                   {"holm_p", "Holm p", Align::kRight}};
  for (size_t i = 0; i < pairs.size(); ++i) {
    const Pair& pair = pairs[i];
    table.rows.push_back({TitleOfKey(keys[pair.first]), TitleOfKey(keys[pair.second]), pair.n,
                          CoefficientCell(pair.rho.value), CoefficientLowCell(pair.interval),
                          HighCell(pair.interval), ProbabilityCell(pair.rho.p_value),
                          ProbabilityCell(corrected[i])});
  }
  Tell(population, keys, pairs, corrected, section);
  ReportFigure figure;
  figure.caption =
      absl::StrCat("Spearman's rho over the models that both benchmarks have, ", population.name,
                   "; none below ", kLeastModels, " models or where all have the same score.");
  ASSAY_ASSIGN_OR_RETURN(figure.svg, DrawSvg(plot));
  section.figures.push_back(std::move(figure));
  section.tables.push_back(std::move(table));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ReportSection> BenchmarksSection(const ReportInput& input) {
  ReportSection section;
  section.id = "benchmarks";
  section.title = "Benchmarks with each other";
  section.question = "Which benchmarks tell the same of models, and which something else?";
  for (const Population& population : input.populations) {
    ASSAY_RETURN_IF_ERROR(AddPopulation(population, section));
  }
  return section;
}

}  // namespace assay
