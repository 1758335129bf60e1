// The leaderboard as a table: a row for each model and each published result, the average, filters
// and order.
#ifndef ASSAY_COMMON_LEADERBOARD_TABLE_H_
#define ASSAY_COMMON_LEADERBOARD_TABLE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "common/leaderboard/columns.h"
#include "common/leaderboard/leaderboard.h"

namespace assay {

struct TableScore {
  double value = 0;
  // Absent of published scores, and of averages of which a part has none.
  std::optional<double> standard_error;
  std::optional<double> low;
  std::optional<double> high;
  int64_t items = 0;
  int64_t errors = 0;
  int64_t run_id = 0;    // 0: published, or an average
  bool partial = false;  // over a part of the items, or of a run that has not ended
  // Of a published score: how much ours, of the same model, is above it.
  std::optional<double> difference;
};

struct TableRow {
  std::string model;     // as it is called here, or in the published table
  std::string baseline;  // whose table it is from; empty: ours
  // The model here that a published row is of; empty: none.
  std::string same_as;
  ModelFacts facts;
  std::map<std::string, TableScore> scores;  // by column's key
};

// What rows are kept; what is empty keeps all. A row of which the fact is not known is not kept.
// Texts are compared without regard to case.
struct TableFilter {
  std::optional<int64_t> smallest;  // parameters
  std::optional<int64_t> largest;
  std::string foundation;
  std::string family;
  std::optional<TrainingMethod> method;
  std::optional<Tuning> tuning;
};
// "1b..13b", "..13b", "7b.." or "7b".
absl::Status ParseSizeRange(absl::string_view text, TableFilter* filter);

// A row for each model that has a score in one of the columns, with what is known of it by its
// name, or by its source (which its facts tell, or its path in Hugging Face's cache); then for each
// published row that has one. A model's average is the mean of the five benchmarks, if all of them
// are there; its standard error and interval follow from theirs, which are independent.
std::vector<TableRow> MakeTable(const LeaderboardData& data,
                                absl::Span<const LeaderboardColumn> columns);

void KeepRows(const TableFilter& filter, std::vector<TableRow>* rows);

// By the column of this key, or by "model" or "parameters": the highest first, names in order of
// the alphabet; `ascending` turns it round. Rows without a value come last. A published row of a
// model that has a row of its own follows it.
void SortRows(const std::string& key, bool ascending, std::vector<TableRow>* rows);

// Whether the published row is of the model that these are the facts of: by the table's link, or by
// an alias that is the row's name, or the name and the size ("Llama 13B"). Never for sizes that are
// not about the same.
bool IsSameModel(const ModelFacts& facts, const BaselineRow& row);

// "7B", "0.7B", "135M"; empty for 0.
std::string SizeName(int64_t parameters);

}  // namespace assay

#endif  // ASSAY_COMMON_LEADERBOARD_TABLE_H_
