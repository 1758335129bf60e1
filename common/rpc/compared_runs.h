// Runs that are set against each other, and their scores on the same items: for `assay compare`,
// and for the coordinator's comparisons.
#ifndef ASSAY_COMMON_RPC_COMPARED_RUNS_H_
#define ASSAY_COMMON_RPC_COMPARED_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "assay/v1/evaluation_service.pb.h"
#include "common/statistics/score_table.h"

namespace assay {

// Runs of one benchmark, in the order in which they were named.
using RunGroup = std::vector<v1::GetRunScoresResponse>;
std::vector<RunGroup> GroupByBenchmark(std::vector<v1::GetRunScoresResponse> runs);

// InvalidArgument, naming two runs and what they differ in, unless all runs are of one protocol and
// version, graded by the same grader, and of the same data.
absl::Status CheckComparable(const RunGroup& runs);

// The runs' scores by item; samples of an item count as their mean. `only_common` leaves out items
// that not every run has; without it they are an error. InvalidArgument also where nothing is left.
absl::StatusOr<ScoreTable> MakeScoreTable(const RunGroup& runs, bool only_common);

// Of the items that all runs have, those of which a sample has another answer in run `first` than
// in run `second`, whatever the verdicts. None where the coordinator does not tell.
std::optional<int64_t> ChangedAnswers(const RunGroup& runs, size_t first, size_t second);

// A name for each run that no other has: the model's, with shots, precision and run where the
// models' names are not enough.
std::vector<std::string> RunLabels(const RunGroup& runs);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_COMPARED_RUNS_H_
