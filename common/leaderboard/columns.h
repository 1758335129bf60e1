// The columns of INSTRUCTEVAL's tables, and how each table averages its own.
#ifndef ASSAY_COMMON_LEADERBOARD_COLUMNS_H_
#define ASSAY_COMMON_LEADERBOARD_COLUMNS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/baseline.h"

namespace assay {

// The key of the average over the problem-solving benchmarks.
inline constexpr char kAverageKey[] = "average";

struct LeaderboardColumn {
  std::string key;         // stable: "mmlu", "hhh/harmless", "impact/relevance/creative"
  std::string title;       // for tables: "MMLU"
  std::string benchmark;   // empty: an average of other columns
  std::string criterion;   // of judges' ratings, else empty
  std::string group;       // of the benchmark; empty: all of it
  bool is_rating = false;  // from 1 to 5; otherwise a share of 1
};

enum class LeaderboardView {
  kSuite,           // every benchmark of the suite, with the average over problem solving
  kProblemSolving,  // MMLU, BBH, DROP, CRASS, HumanEval and their average
  kAlignment,       // HHH's portions and their mean
  kWriting,         // IMPACT's categories by relevance and coherence, and their means
};
// "suite", "problem_solving", "alignment", "writing"
absl::string_view LeaderboardViewName(LeaderboardView view);
absl::StatusOr<LeaderboardView> ParseLeaderboardView(absl::string_view name);

std::vector<LeaderboardColumn> ColumnsOf(LeaderboardView view);
// A column for each benchmark, by name; the suite's have the suite's titles.
std::vector<LeaderboardColumn> ColumnsOf(absl::Span<const std::string> benchmarks);
// Whether cells need the metrics of groups.
bool NeedGroups(absl::Span<const LeaderboardColumn> columns);

// A published table: for each of its score columns, the name in its header and the key here; and
// how its averages come about.
struct PublishedColumn {
  std::string header;
  std::string key;
};
struct PublishedAverage {
  std::string key;
  std::vector<std::string> of;  // of which it is the mean; all of them must be there
};
struct PublishedTable {
  BaselineKind kind = BaselineKind::kProblemSolving;
  std::vector<PublishedColumn> columns;
  bool is_rating = false;  // otherwise percent
  std::vector<PublishedAverage> averages;
  // How far a stated average may be from the mean of its columns, all of them being rounded.
  double rounding = 0;
};
// Of each kind, in its order.
absl::Span<const PublishedTable> PublishedTables();

// An average that a row states, beside the mean of its columns.
struct StatedAverage {
  int64_t line = 0;
  std::string model;
  std::string key;
  double stated = 0;
  double computed = 0;  // 0 where the row has none of the columns
  size_t columns = 0;   // that the row has, of so many
  size_t of = 0;
  bool follows = false;  // all columns are there, and their mean is as stated but for rounding
};
// Of every row that states one.
std::vector<StatedAverage> StatedAverages(const Baseline& baseline);

// Those that do not follow from their columns.
using WrongAverage = StatedAverage;
std::vector<WrongAverage> FindWrongAverages(const Baseline& baseline);

}  // namespace assay

#endif  // ASSAY_COMMON_LEADERBOARD_COLUMNS_H_
