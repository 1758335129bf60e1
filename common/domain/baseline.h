// Results that others published, to be shown beside our own.
#ifndef ASSAY_COMMON_DOMAIN_BASELINE_H_
#define ASSAY_COMMON_DOMAIN_BASELINE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace assay {

// The tables that INSTRUCTEVAL publishes.
enum class BaselineKind { kProblemSolving, kAlignment, kWriting };
// "problem_solving", "alignment", "writing"
absl::string_view BaselineKindName(BaselineKind kind);
absl::StatusOr<BaselineKind> ParseBaselineKind(absl::string_view name);

struct BaselineRow {
  int64_t line = 0;        // of the file
  std::string model;       // as the table calls it
  std::string source;      // Hugging Face id, where the table links to one
  std::string foundation;  // empty: the table does not tell
  int64_t parameters = 0;  // 0: the table does not tell
  // By the leaderboard's columns (common/leaderboard/columns.h), the table's own average included.
  // Shares are within [0, 1]; ratings as they are, from 1 to 5.
  std::map<std::string, double> scores;
};

struct Baseline {
  std::string name;    // what it is known by here
  std::string source;  // whose results they are
  BaselineKind kind = BaselineKind::kProblemSolving;
  std::string file;    // that it was imported from, without its folder
  std::string sha256;  // of the file
  absl::Time imported = absl::InfinitePast();
  std::vector<BaselineRow> rows;  // in the file's order
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_BASELINE_H_
