// Benchmarks whose data is one file.
#ifndef ASSAY_COMMON_BENCHMARK_SINGLE_FILE_H_
#define ASSAY_COMMON_BENCHMARK_SINGLE_FILE_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// The one of `files` that is a data file of `benchmark`. InvalidArgument when there is none or more
// than one, naming them.
absl::StatusOr<const SourceFile*> SingleFile(const Benchmark& benchmark,
                                             absl::Span<const SourceFile> files);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_SINGLE_FILE_H_
