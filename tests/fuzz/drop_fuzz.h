// Any bytes as a file of DROP of some name: they are refused, or every item can be asked and
// graded.
#ifndef ASSAY_TESTS_FUZZ_DROP_FUZZ_H_
#define ASSAY_TESTS_FUZZ_DROP_FUZZ_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/drop.h"
#include "common/scoring/grader.h"

namespace assay {

inline int FuzzDrop(const char* path, const uint8_t* data, size_t size) {
  static const DropBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse({{path, content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  for (const ProtocolSpec& protocol : benchmark.protocols()) {
    const auto selection = benchmark.Select(protocol, 0, *items);
    if (!selection.ok()) std::abort();
    for (const Item& item : selection->items) {
      if (benchmark.RenderPrompt(protocol, item, selection->shots).empty()) std::abort();
      Prediction prediction;
      prediction.output = item.target;
      const auto grader = FindGrader(protocol.grader);
      // What is asked can be graded.
      if ((*grader)->Grade(item, prediction).verdict == Verdict::kError) std::abort();
    }
  }
  return 0;
}

}  // namespace assay

#endif  // ASSAY_TESTS_FUZZ_DROP_FUZZ_H_
