// Comma-separated files, read as pandas' C parser and, but for its blank lines, Python's csv module
// read them.
#ifndef ASSAY_COMMON_BENCHMARK_CSV_H_
#define ASSAY_COMMON_BENCHMARK_CSV_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

struct CsvRow {
  int64_t line = 0;  // where the row starts, from 1
  std::vector<std::string> cells;
};

// The rows of `content`, whatever their number of cells. A cell that starts with a quote may hold
// commas, line ends and doubled quotes; text after its closing quote is appended as it is. A quote
// inside any other cell is an ordinary character. Lines of only spaces and tabs are skipped, and so
// is a byte order mark. InvalidArgument, with `path` and line, for a quote that is never closed.
absl::StatusOr<std::vector<CsvRow>> ParseCsv(absl::string_view path, absl::string_view content);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_CSV_H_
