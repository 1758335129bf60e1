#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/report/report_text.h"
#include "client/report/sections.h"
#include "common/leaderboard/columns.h"

namespace assay {
namespace {

// Of one baseline's averages: a row for each that is stated.
void AddBaseline(const Baseline& baseline, ReportTable& table, ReportSection& section) {
  const std::vector<StatedAverage> averages = StatedAverages(baseline);
  size_t following = 0;
  for (const StatedAverage& average : averages) {
    TableScore stated, computed;
    stated.value = average.stated;
    computed.value = average.columns == 0 ? kUndefined : average.computed;
    table.rows.push_back({baseline.name, average.line, average.model, TitleOfKey(average.key),
                          ScoreCell(average.key, &stated), ScoreCell(average.key, &computed),
                          Cell(average.follows, average.follows ? "yes" : "no")});
    if (average.follows) {
      ++following;
      continue;
    }
    section.findings.push_back(
        absl::StrCat(baseline.file, ":", average.line, ": ", average.model, ": the stated ",
                     TitleOfKey(average.key), " is ", ScoreCell(average.key, &stated).text,
                     ", that of its own ", average.columns, " of ", average.of, " columns is ",
                     ScoreCell(average.key, &computed).text, "."));
  }
  section.findings.insert(section.findings.begin(),
                          absl::StrCat(baseline.name, ": ", following, " of ", averages.size(),
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
