// A column of a CSV file as pandas understands it: INSTRUCTEVAL's MMLU prompts print cells that
// pandas has read, so that a column of numbers loses its spelling and the cell "None" becomes
// "nan".
#ifndef ASSAY_COMMON_BENCHMARK_PANDAS_READING_H_
#define ASSAY_COMMON_BENCHMARK_PANDAS_READING_H_

#include <string>
#include <vector>

#include "absl/types/span.h"

namespace assay {

// What "{}".format prints for each cell of a column after pandas.read_csv(header=None), pandas 2.x.
// The column's type is inferred from all of its cells: int64, uint64, float64, bool or text, with
// pandas' words for a missing value as NaN.
std::vector<std::string> ReadColumnAsPandas(absl::Span<const std::string> cells);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_PANDAS_READING_H_
