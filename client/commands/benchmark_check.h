// What a file that declares a benchmark makes of its data, and what is wrong with either.
#ifndef ASSAY_CLIENT_COMMANDS_BENCHMARK_CHECK_H_
#define ASSAY_CLIENT_COMMANDS_BENCHMARK_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "client/output/console.h"

namespace assay {

struct BenchmarkCheckOptions {
  std::string file;
  std::string data;  // empty: the file's own folder, where it has the data
  int items = 2;     // that are shown of each protocol
};

// Writes the first items as each protocol asks them. InvalidArgument lists every mistake of the
// file or, where there is none, every problem of the data. Needs no service.
absl::Status CheckBenchmark(const BenchmarkCheckOptions& options, const Console& console);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_BENCHMARK_CHECK_H_
