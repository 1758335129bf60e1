// The files of IMPACT, and of MT-bench and its like, as prompts in categories.
#ifndef ASSAY_COMMON_BENCHMARK_IMPACT_FILE_H_
#define ASSAY_COMMON_BENCHMARK_IMPACT_FILE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// <name>.csv, .json or .jsonl, plain or with ".gz".
bool IsImpactFile(absl::string_view path);

// The prompts of one such file, by category in order of name; ordinals are set. Errors as of
// Benchmark::Parse.
absl::StatusOr<std::vector<Item>> ReadImpactFile(const SourceFile& file);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_IMPACT_FILE_H_
