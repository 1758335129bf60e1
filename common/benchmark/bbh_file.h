// One JSON file of BIG-Bench Hard.
#ifndef ASSAY_COMMON_BENCHMARK_BBH_FILE_H_
#define ASSAY_COMMON_BENCHMARK_BBH_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"

namespace assay {

struct BbhExample {
  std::string input;
  std::string target;
};

// The examples in the order of the file, at least one. InvalidArgument names the file, the line and
// the reason; an example's line is the one where it ends. Memory is bounded by the file's size,
// whatever its nesting.
absl::StatusOr<std::vector<BbhExample>> ParseBbhFile(const SourceFile& file);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_BBH_FILE_H_
