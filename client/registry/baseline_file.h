// The CSV files that INSTRUCTEVAL publishes its results in.
#ifndef ASSAY_CLIENT_REGISTRY_BASELINE_FILE_H_
#define ASSAY_CLIENT_REGISTRY_BASELINE_FILE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/baseline.h"

namespace assay {

// Reads the file's kind by its header (common/leaderboard/columns.h), and its rows; a model's
// Markdown link to Hugging Face is its source. Empty cells are no scores, and rows that are all
// empty are left out. Of `imported`, name and source nothing is set; `file` is the path's last
// part. InvalidArgument "path:line: column 5 (BBH): reason" for a header of another table, a row of
// another length or without a model, and for a score that is not a number of its range.
absl::StatusOr<Baseline> ReadBaseline(absl::string_view path, absl::string_view content);

}  // namespace assay

#endif  // ASSAY_CLIENT_REGISTRY_BASELINE_FILE_H_
