#include "common/leaderboard/table.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr double kSameSize = 1.5;

// The metric of a column; null when the cell has none, or it is of ratings that there are not.
const Metric* FindMetric(const LeaderboardCell& cell, const LeaderboardColumn& column) {
  for (const Metric& metric : cell.metrics) {
    if (metric.group == column.group && !std::isnan(metric.value) &&
        (column.criterion.empty() || metric.name == column.criterion)) {
      return &metric;
    }
  }
  return nullptr;
}

TableScore ScoreOf(const LeaderboardCell& cell, const Metric& metric) {
  TableScore score;
  score.value = metric.value;
  score.standard_error = metric.standard_error;
  score.low = metric.low;
  score.high = metric.high;
  score.items = metric.items;
  score.errors = metric.errors;
  score.run_id = cell.run.run_id;
  score.partial = cell.partial;
  return score;
}

// The errors of independent scores add up by their squares; an interval's ends each by themselves,
// as in EstimateMacroProportion.
std::optional<TableScore> AverageOf(const std::map<std::string, TableScore>& scores,
                                    absl::Span<const std::string> keys) {
  TableScore average;
  double error = 0, below = 0, above = 0;
  for (const std::string& key : keys) {
    const auto score = scores.find(key);
    if (score == scores.end()) return std::nullopt;
    const TableScore& part = score->second;
    average.value += part.value;
    average.items += part.items;
    average.errors += part.errors;
    average.partial |= part.partial;
    error = std::hypot(error, part.standard_error.value_or(0));
    below = std::hypot(below, part.value - part.low.value_or(0));
    above = std::hypot(above, part.high.value_or(1) - part.value);
  }
  const double n = static_cast<double>(keys.size());
  average.value /= n;
  average.standard_error = error / n;
  average.low = std::max(0.0, average.value - below / n);
  average.high = std::min(1.0, average.value + above / n);
  return average;
}

bool HasColumn(absl::Span<const LeaderboardColumn> columns, absl::string_view key) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const LeaderboardColumn& column) { return column.key == key; });
}

// The Hugging Face id that a path in its cache tells: ".../models--google--flan-t5-xl/...".
std::string SourceInCache(absl::string_view path) {
  for (absl::string_view part : absl::StrSplit(path, '/')) {
    if (!absl::ConsumePrefix(&part, "models--")) continue;
    const std::pair<absl::string_view, absl::string_view> id =
        absl::StrSplit(part, absl::MaxSplits("--", 1));
    if (!id.second.empty()) return absl::StrCat(id.first, "/", id.second);
  }
  return "";
}

// What is known of the model by its name, or by its source; the size as its files say where nobody
// says another.
ModelFacts FactsOf(const std::string& model, const LeaderboardData& data) {
  ModelFacts facts;
  for (const ModelFacts& known : data.facts) {
    if (known.name == model) facts = known;
  }
  facts.name = model;
  const auto spec = std::find_if(data.models.begin(), data.models.end(),
                                 [&](const ModelSpec& other) { return other.name == model; });
  if (spec != data.models.end() && facts.source.empty()) facts.source = SourceInCache(spec->path);
  for (const ModelFacts& known : data.facts) {
    if (!facts.source.empty() && known.source == facts.source) FillMissingFacts(known, &facts);
  }
  if (spec != data.models.end() && facts.parameters == 0) facts.parameters = spec->parameters;
  return facts;
}

std::vector<TableRow> OwnRows(const LeaderboardData& data,
                              absl::Span<const LeaderboardColumn> columns) {
  std::map<std::string, TableRow> rows;
  for (const LeaderboardCell& cell : data.cells) {
    for (const LeaderboardColumn& column : columns) {
      if (column.benchmark != cell.run.benchmark) continue;
      const Metric* metric = FindMetric(cell, column);
      if (metric == nullptr) continue;
      rows[cell.model].scores[column.key] = ScoreOf(cell, *metric);
    }
  }
  const std::vector<std::string>& averaged = PublishedTables().front().averages.front().of;
  std::vector<TableRow> result;
  for (auto& [model, row] : rows) {
    row.model = model;
    row.facts = FactsOf(model, data);
    if (HasColumn(columns, kAverageKey)) {
      if (const auto average = AverageOf(row.scores, averaged)) row.scores[kAverageKey] = *average;
    }
    result.push_back(std::move(row));
  }
  return result;
}

TableRow PublishedRow(const Baseline& baseline, const BaselineRow& published,
                      absl::Span<const LeaderboardColumn> columns) {
  TableRow row;
  row.model = published.model;
  row.baseline = baseline.source.empty() ? baseline.name : baseline.source;
  row.facts.title = published.model;
  row.facts.foundation = published.foundation;
  row.facts.parameters = published.parameters;
  row.facts.source = published.source;
  for (const auto& [key, value] : published.scores) {
    if (HasColumn(columns, key)) row.scores[key].value = value;
  }
  return row;
}

bool IsKnown(const std::optional<double>& value) { return value.has_value(); }

// What a row is ordered by; nothing when it has no such value.
std::optional<double> OrderValue(const TableRow& row, const std::string& key) {
  if (key == "parameters") {
    if (row.facts.parameters == 0) return std::nullopt;
    return static_cast<double>(row.facts.parameters);
  }
  const auto score = row.scores.find(key);
  if (score == row.scores.end()) return std::nullopt;
  return score->second.value;
}

bool Keeps(const TableFilter& filter, const ModelFacts& facts) {
  const auto same = [](const std::string& wanted, const std::string& known) {
    return wanted.empty() || absl::EqualsIgnoreCase(wanted, known);
  };
  if ((filter.smallest || filter.largest) && facts.parameters == 0) return false;
  return facts.parameters >= filter.smallest.value_or(facts.parameters) &&
         facts.parameters <= filter.largest.value_or(facts.parameters) &&
         same(filter.foundation, facts.foundation) && same(filter.family, facts.family) &&
         filter.method.value_or(facts.method) == facts.method &&
         filter.tuning.value_or(facts.tuning) == facts.tuning;
}

}  // namespace

std::string SizeName(int64_t parameters) {
  if (parameters == 0) return "";
  const bool small = parameters < 100'000'000;
  const double size = static_cast<double>(parameters) / (small ? 1e6 : 1e9);
  // At most two digits after the point.
  return absl::StrFormat("%.3g%s", size < 10 ? std::round(size * 100) / 100 : size,
                         small ? "M" : "B");
}

bool IsSameModel(const ModelFacts& facts, const BaselineRow& row) {
  if (row.parameters > 0 && facts.parameters > 0) {
    // One published link is that of a smaller model. Sizes are rounded as each likes.
    const double ratio =
        static_cast<double>(row.parameters) / static_cast<double>(facts.parameters);
    if (ratio > kSameSize || ratio < 1 / kSameSize) return false;
  }
  if (!row.source.empty() && row.source == facts.source) return true;
  const std::string sized = absl::StrCat(row.model, " ", SizeName(row.parameters));
  return std::any_of(facts.aliases.begin(), facts.aliases.end(), [&](const std::string& alias) {
    return alias == row.model || alias == sized;
  });
}

absl::Status ParseSizeRange(absl::string_view text, TableFilter* filter) {
  const size_t dots = text.find("..");
  const absl::string_view first = text.substr(0, dots);
  const absl::string_view last = dots == absl::string_view::npos ? first : text.substr(dots + 2);
  if (first.empty() && last.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", text, "\" is not a range of sizes such as 1b..13b, ..13b or 7b.."));
  }
  if (!first.empty()) {
    ASSAY_ASSIGN_OR_RETURN(filter->smallest, ParseCount(first));
  }
  if (!last.empty()) {
    ASSAY_ASSIGN_OR_RETURN(filter->largest, ParseCount(last));
  }
  if (filter->smallest.value_or(0) > filter->largest.value_or(filter->smallest.value_or(0))) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": the smaller size comes first"));
  }
  return absl::OkStatus();
}

std::vector<TableRow> MakeTable(const LeaderboardData& data,
                                absl::Span<const LeaderboardColumn> columns) {
  std::vector<TableRow> rows = OwnRows(data, columns);
  const size_t own = rows.size();
  for (const Baseline& baseline : data.baselines) {
    for (const BaselineRow& published : baseline.rows) {
      TableRow row = PublishedRow(baseline, published, columns);
      if (row.scores.empty()) continue;
      for (size_t i = 0; i < own && row.same_as.empty(); ++i) {
        if (IsSameModel(rows[i].facts, published)) row.same_as = rows[i].model;
      }
      // What the table does not tell of the model, ours may.
      for (const ModelFacts& facts : data.facts) {
        if (IsSameModel(facts, published)) {
          FillMissingFacts(facts, &row.facts);
          break;
        }
      }
      for (size_t i = 0; i < own; ++i) {
        if (rows[i].model != row.same_as) continue;
        for (auto& [key, score] : row.scores) {
          const auto ours = rows[i].scores.find(key);
          if (ours != rows[i].scores.end()) score.difference = ours->second.value - score.value;
        }
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

void KeepRows(const TableFilter& filter, std::vector<TableRow>* rows) {
  rows->erase(std::remove_if(rows->begin(), rows->end(),
                             [&](const TableRow& row) { return !Keeps(filter, row.facts); }),
              rows->end());
}

void SortRows(const std::string& key, bool ascending, std::vector<TableRow>* rows) {
  const auto before = [&](const TableRow& a, const TableRow& b) {
    if (key == "model") {
      return ascending ? a.model > b.model : a.model < b.model;
    }
    const std::optional<double> of_a = OrderValue(a, key);
    const std::optional<double> of_b = OrderValue(b, key);
    if (IsKnown(of_a) != IsKnown(of_b)) return IsKnown(of_a);
    if (of_a != of_b) return ascending ? *of_a < *of_b : *of_a > *of_b;
    return a.model < b.model;
  };
  std::stable_sort(rows->begin(), rows->end(), before);
  std::set<std::string> own;
  for (const TableRow& row : *rows) {
    if (row.baseline.empty()) own.insert(row.model);
  }
  std::vector<TableRow> ordered;
  for (TableRow& row : *rows) {
    if (!row.baseline.empty() && own.count(row.same_as) != 0) continue;  // follows its model
    ordered.push_back(row);
    if (!row.baseline.empty()) continue;
    for (const TableRow& published : *rows) {
      if (!published.baseline.empty() && published.same_as == row.model) {
        ordered.push_back(published);
      }
    }
  }
  *rows = std::move(ordered);
}

}  // namespace assay
