// The suite as the simulator knows it: its models by their sizes, and how long its questions are.
#ifndef ASSAY_TESTS_BENCH_SCHEDULE_SUITE_H_
#define ASSAY_TESTS_BENCH_SCHEDULE_SUITE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay::simulation {

struct SuiteModel {
  std::string name;
  int64_t parameters = 0;
};

struct SuiteBenchmark {
  std::string name;
  // Of each item: tokens that are computed for it, without the examples that it shares with others,
  // and tokens that are generated at most.
  std::vector<int32_t> tokens;
};

// Of a file as `schedule_lengths` writes it: "benchmark,output tokens,length:items length:items
// ...". Items come in an order that is mixed, and always the same.
absl::StatusOr<std::vector<SuiteBenchmark>> ReadLengths(absl::string_view path,
                                                        absl::string_view text);

}  // namespace assay::simulation

#endif  // ASSAY_TESTS_BENCH_SCHEDULE_SUITE_H_
