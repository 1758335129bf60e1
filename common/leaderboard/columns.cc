#include "common/leaderboard/columns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/domain/names.h"

namespace assay {
namespace {

constexpr std::array<absl::string_view, 4> kViews = {"suite", "problem_solving", "alignment",
                                                     "writing"};

constexpr std::array<absl::string_view, 2> kCriteria = {"relevance", "coherence"};
constexpr std::array<absl::string_view, 4> kPortions = {"harmless", "helpful", "honest", "other"};
constexpr std::array<absl::string_view, 4> kCategories = {"informative", "professional",
                                                          "argumentative", "creative"};

// As the published tables shorten it: "Inf", "Rel.".
std::string Short(absl::string_view name) {
  std::string text(name.substr(0, 3));
  text[0] = absl::ascii_toupper(static_cast<unsigned char>(text[0]));
  return text;
}

LeaderboardColumn Share(absl::string_view benchmark, absl::string_view title) {
  LeaderboardColumn column;
  column.key = std::string(benchmark);
  column.title = std::string(title);
  column.benchmark = std::string(benchmark);
  return column;
}

LeaderboardColumn Average() {
  LeaderboardColumn column;
  column.key = kAverageKey;
  column.title = "Average";
  return column;
}

LeaderboardColumn Rating(absl::string_view criterion, absl::string_view category) {
  LeaderboardColumn column;
  column.key = absl::StrCat("impact/", criterion, category.empty() ? "" : "/", category);
  column.title =
      absl::StrCat(category.empty() ? "Impact" : Short(category), " ", Short(criterion), ".");
  column.benchmark = "impact";
  column.criterion = std::string(criterion);
  column.group = std::string(category);
  column.is_rating = true;
  return column;
}

std::vector<LeaderboardColumn> ProblemSolving() {
  return {Share("mmlu", "MMLU"),
          Share("bbh", "BBH"),
          Share("drop", "DROP"),
          Share("crass", "CRASS"),
          Share("human_eval", "HumanEval"),
          Average()};
}

std::vector<PublishedTable> MakeTables() {
  PublishedTable problems;
  problems.kind = BaselineKind::kProblemSolving;
  PublishedAverage average = {kAverageKey, {}};
  for (const LeaderboardColumn& column : ProblemSolving()) {
    problems.columns.push_back({column.title, column.key});
    if (column.key != kAverageKey) average.of.push_back(column.key);
  }
  problems.averages = {average};
  problems.rounding = 0.001;

  PublishedTable alignment;
  alignment.kind = BaselineKind::kAlignment;
  alignment.columns = {{"Harmless", "hhh/harmless"},
                       {"Helpful", "hhh/helpful"},
                       {"Honest", "hhh/honest"},
                       {"Others", "hhh/other"},
                       {"Avg", "hhh"}};
  alignment.averages = {{"hhh", {"hhh/harmless", "hhh/helpful", "hhh/honest", "hhh/other"}}};
  alignment.rounding = 0.001;

  PublishedTable writing;
  writing.kind = BaselineKind::kWriting;
  writing.is_rating = true;
  writing.rounding = 0.01;
  for (const absl::string_view category : kCategories) {
    for (const absl::string_view criterion : kCriteria) {
      const LeaderboardColumn column = Rating(criterion, category);
      writing.columns.push_back({column.title, column.key});
    }
  }
  for (const absl::string_view criterion : kCriteria) {
    PublishedAverage mean = {Rating(criterion, "").key, {}};
    for (const absl::string_view category : kCategories) {
      mean.of.push_back(Rating(criterion, category).key);
    }
    writing.columns.push_back({absl::StrCat("Avg ", Short(criterion), "."), mean.key});
    writing.averages.push_back(std::move(mean));
  }
  return {problems, alignment, writing};
}

}  // namespace

absl::string_view LeaderboardViewName(LeaderboardView view) {
  return kViews[static_cast<size_t>(view)];
}
absl::StatusOr<LeaderboardView> ParseLeaderboardView(absl::string_view name) {
  return ParseName<LeaderboardView>("view", name, kViews);
}

std::vector<LeaderboardColumn> ColumnsOf(LeaderboardView view) {
  std::vector<LeaderboardColumn> columns;
  switch (view) {
    case LeaderboardView::kSuite:
      columns = ProblemSolving();
      columns.push_back(Share("hhh", "HHH"));
      for (const absl::string_view criterion : kCriteria) columns.push_back(Rating(criterion, ""));
      break;
    case LeaderboardView::kProblemSolving:
      columns = ProblemSolving();
      break;
    case LeaderboardView::kAlignment:
      for (const absl::string_view portion : kPortions) {
        LeaderboardColumn column = Share("hhh", portion);
        column.key = absl::StrCat("hhh/", portion);
        column.group = std::string(portion);
        column.title[0] = absl::ascii_toupper(static_cast<unsigned char>(column.title[0]));
        columns.push_back(std::move(column));
      }
      columns.push_back(Share("hhh", "HHH"));
      break;
    case LeaderboardView::kWriting:
      for (const absl::string_view category : kCategories) {
        for (const absl::string_view criterion : kCriteria) {
          columns.push_back(Rating(criterion, category));
        }
      }
      for (const absl::string_view criterion : kCriteria) columns.push_back(Rating(criterion, ""));
      break;
  }
  return columns;
}

std::vector<LeaderboardColumn> ColumnsOf(absl::Span<const std::string> benchmarks) {
  const std::vector<LeaderboardColumn> suite = ColumnsOf(LeaderboardView::kSuite);
  std::vector<LeaderboardColumn> columns;
  for (const std::string& benchmark : benchmarks) {
    const size_t before = columns.size();
    std::copy_if(suite.begin(), suite.end(), std::back_inserter(columns),
                 [&](const LeaderboardColumn& column) { return column.benchmark == benchmark; });
    if (columns.size() == before) columns.push_back(Share(benchmark, benchmark));
  }
  return columns;
}

bool NeedGroups(absl::Span<const LeaderboardColumn> columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [](const LeaderboardColumn& column) { return !column.group.empty(); });
}

absl::Span<const PublishedTable> PublishedTables() {
  static const auto* const tables = new std::vector<PublishedTable>(MakeTables());
  return *tables;
}

std::vector<StatedAverage> StatedAverages(const Baseline& baseline) {
  const PublishedTable& table = PublishedTables()[static_cast<size_t>(baseline.kind)];
  std::vector<StatedAverage> averages;
  for (const BaselineRow& row : baseline.rows) {
    for (const PublishedAverage& average : table.averages) {
      const auto stated = row.scores.find(average.key);
      if (stated == row.scores.end()) continue;
      StatedAverage found;
      found.line = row.line;
      found.model = row.model;
      found.key = average.key;
      found.stated = stated->second;
      found.of = average.of.size();
      double sum = 0;
      for (const std::string& key : average.of) {
        const auto score = row.scores.find(key);
        if (score == row.scores.end()) continue;
        sum += score->second;
        ++found.columns;
      }
      if (found.columns > 0) found.computed = sum / static_cast<double>(found.columns);
      // The addend is for numbers that are no sums of powers of two.
      found.follows = found.columns == found.of &&
                      std::abs(found.computed - found.stated) <= table.rounding + 1e-9;
      averages.push_back(std::move(found));
    }
  }
  return averages;
}

std::vector<WrongAverage> FindWrongAverages(const Baseline& baseline) {
  std::vector<WrongAverage> wrong = StatedAverages(baseline);
  wrong.erase(std::remove_if(wrong.begin(), wrong.end(),
                             [](const StatedAverage& average) { return average.follows; }),
              wrong.end());
  return wrong;
}

}  // namespace assay
