// Any bytes as a file of DROP with a question a line: they are refused, or every item can be asked
// and graded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/drop.h"
#include "common/scoring/grader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::DropBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse({{"fuzz.jsonl", content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  for (const assay::ProtocolSpec& protocol : benchmark.protocols()) {
    const auto selection = benchmark.Select(protocol, 0, *items);
    if (!selection.ok()) std::abort();
    for (const assay::Item& item : selection->items) {
      if (benchmark.RenderPrompt(protocol, item, selection->shots).empty()) std::abort();
      assay::Prediction prediction;
      prediction.output = item.target;
      const auto grader = assay::FindGrader(protocol.grader);
      // What is asked can be graded.
      if ((*grader)->Grade(item, prediction).verdict == assay::Verdict::kError) std::abort();
    }
  }
  return 0;
}
