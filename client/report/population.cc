#include "client/report/population.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/leaderboard/columns.h"

namespace assay {
namespace {

// What rows of one publisher's tables have in common that are of one model.
std::string Identity(const TableRow& row) {
  if (!row.facts.name.empty()) return row.facts.name;
  return absl::StrCat(absl::AsciiStrToLower(row.model), " ", SizeName(row.facts.parameters));
}

// The facts of a published row by the models that the program knows.
void AddKnownFacts(const std::vector<ModelFacts>& known, TableRow& row) {
  BaselineRow published;
  published.model = row.model;
  published.source = row.facts.source;
  published.parameters = row.facts.parameters;
  for (const ModelFacts& facts : known) {
    if (!IsSameModel(facts, published)) continue;
    row.facts.name = facts.name;
    FillMissingFacts(facts, &row.facts);
    return;
  }
}

Population& PopulationOf(const std::string& baseline, std::vector<Population>& populations) {
  const std::string name = baseline.empty() ? "our runs" : absl::StrCat("published by ", baseline);
  for (Population& population : populations) {
    if (population.name == name) return population;
  }
  Population population;
  population.name = name;
  population.is_ours = baseline.empty();
  populations.push_back(std::move(population));
  return populations.back();
}

void AddRow(TableRow row, Population& population) {
  const std::string identity = population.is_ours ? row.model : Identity(row);
  for (ReportModel& model : population.models) {
    if (model.facts.name != identity) continue;
    // Of a model that a table names twice, the first row counts.
    model.scores.insert(row.scores.begin(), row.scores.end());
    return;
  }
  ReportModel model;
  model.name = row.model;
  model.facts = std::move(row.facts);
  model.facts.name = identity;
  model.scores = std::move(row.scores);
  population.models.push_back(std::move(model));
}

}  // namespace

std::vector<LeaderboardColumn> ReportColumns(const std::vector<LeaderboardCell>& cells) {
  std::vector<LeaderboardColumn> columns;
  std::set<std::string> keys;
  const auto add = [&](std::vector<LeaderboardColumn> more) {
    for (LeaderboardColumn& column : more) {
      if (keys.insert(column.key).second) columns.push_back(std::move(column));
    }
  };
  for (const LeaderboardView view :
       {LeaderboardView::kSuite, LeaderboardView::kAlignment, LeaderboardView::kWriting}) {
    add(ColumnsOf(view));
  }
  for (const LeaderboardCell& cell : cells) add(ColumnsOf({cell.run.benchmark}));
  return columns;
}

bool IsRatingKey(absl::string_view key) { return absl::StartsWith(key, "impact/"); }

std::string TitleOfKey(const std::string& key) {
  static const auto* const suite = new std::vector<LeaderboardColumn>(ReportColumns({}));
  for (const LeaderboardColumn& column : *suite) {
    if (column.key == key) return column.title;
  }
  return key;
}

std::vector<Population> MakePopulations(const LeaderboardData& data,
                                        const std::vector<ModelFacts>& known) {
  std::vector<Population> populations;
  const std::vector<LeaderboardColumn> columns = ReportColumns(data.cells);
  PopulationOf("", populations);
  // A model that several tables name is called as in the first of them.
  LeaderboardData ordered = data;
  std::stable_sort(ordered.baselines.begin(), ordered.baselines.end(),
                   [](const Baseline& a, const Baseline& b) { return a.kind < b.kind; });
  for (TableRow& row : MakeTable(ordered, columns)) {
    if (row.baseline.empty()) {
      for (const ModelFacts& facts : known) {
        if (facts.name == row.model ||
            (!facts.source.empty() && facts.source == row.facts.source)) {
          FillMissingFacts(facts, &row.facts);
        }
      }
    } else {
      AddKnownFacts(known, row);
    }
    Population& population = PopulationOf(row.baseline, populations);
    AddRow(std::move(row), population);
  }
  if (populations.front().models.empty()) populations.erase(populations.begin());
  for (Population& population : populations) {
    for (const LeaderboardColumn& column : columns) population.keys.push_back(column.key);
  }
  return populations;
}

std::vector<std::string> SharedKeys(const Population& population, size_t least, bool ratings) {
  std::vector<std::string> keys;
  for (const std::string& key : population.keys) {
    if (IsRatingKey(key) != ratings) continue;
    const auto count =
        std::count_if(population.models.begin(), population.models.end(),
                      [&](const ReportModel& model) { return model.scores.count(key) != 0; });
    if (static_cast<size_t>(count) >= std::max<size_t>(least, 1)) keys.push_back(key);
  }
  return keys;
}

std::string HeadlineKey(const Population& population) {
  std::string best;
  int64_t most = 0;
  for (const std::string& key : SharedKeys(population, 1, /*ratings=*/false)) {
    const auto count =
        std::count_if(population.models.begin(), population.models.end(),
                      [&](const ReportModel& model) { return model.scores.count(key) != 0; });
    if (key == kAverageKey && count >= 2) return key;
    if (count > most) {
      most = count;
      best = key;
    }
  }
  return best;
}

std::string ModelLabel(const ReportModel& model) {
  const std::string size = SizeName(model.facts.parameters);
  const bool told = size.empty() || absl::StrContains(absl::AsciiStrToLower(model.name),
                                                      absl::AsciiStrToLower(size));
  return told ? model.name : absl::StrCat(model.name, " (", size, ")");
}

}  // namespace assay
