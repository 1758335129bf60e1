#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/leaderboard/columns.h"

namespace assay {
namespace {

// Of one baseline's averages: a row for each that is stated.
void AddBaseline(const Baseline& baseline, ReportTable& table, ReportSection& section) {
  const PublishedTable& published = PublishedTables()[static_cast<size_t>(baseline.kind)];
  const std::vector<WrongAverage> wrong = FindWrongAverages(baseline);
  int64_t stated_count = 0;
  for (const BaselineRow& row : baseline.rows) {
    for (const PublishedAverage& average : published.averages) {
      const auto stated = row.scores.find(average.key);
      if (stated == row.scores.end()) continue;
      ++stated_count;
      double sum = 0;
      size_t found = 0;
      for (const std::string& key : average.of) {
        const auto score = row.scores.find(key);
        if (score == row.scores.end()) continue;
        sum += score->second;
        ++found;
      }
      TableScore shown, computed;
      shown.value = stated->second;
      computed.value = found == 0 ? kUndefined : sum / static_cast<double>(found);
      const bool follows = std::none_of(wrong.begin(), wrong.end(), [&](const WrongAverage& other) {
        return other.line == row.line && other.key == average.key;
      });
      table.rows.push_back({baseline.name, row.line, row.model, TitleOfKey(average.key),
                            ScoreCell(average.key, &shown), ScoreCell(average.key, &computed),
                            Cell(follows, follows ? "yes" : "no")});
      if (follows) continue;
      section.findings.push_back(absl::StrCat(
          baseline.file, ":", row.line, ": ", row.model, ": the stated ", TitleOfKey(average.key),
          " is ", ScoreCell(average.key, &shown).text, ", that of its own ", found, " of ",
          average.of.size(), " columns is ", ScoreCell(average.key, &computed).text, "."));
    }
  }
  section.findings.insert(
      section.findings.begin(),
      absl::StrCat(baseline.name, ": ", stated_count - static_cast<int64_t>(wrong.size()), " of ",
                   stated_count,
                   " stated averages follow from their own columns, but for "
                   "rounding."));
}

}  // namespace

absl::StatusOr<ReportSection> PublishedAveragesSection(const ReportInput& input) {
  ReportSection section;
  section.id = "published-averages";
  section.title = "Published averages";
  section.question = "Do the published averages follow from the columns beside them?";
  if (input.baselines.empty()) {
    section.limits.emplace_back(
        "No published tables have been imported (`assay baseline import`).");
    return section;
  }
  ReportTable table;
  table.name = "published_averages";
  table.title = "Averages, as they are stated and as they follow from their columns";
  table.columns = {{"baseline", "table"},
                   {"line", "line", Align::kRight},
                   {"model", "model"},
                   {"average", "average"},
                   {"stated", "stated", Align::kRight},
                   {"computed", "computed", Align::kRight},
                   {"follows", "follows"}};
  for (const Baseline& baseline : input.baselines) AddBaseline(baseline, table, section);
  section.tables.push_back(std::move(table));
  return section;
}

}  // namespace assay
