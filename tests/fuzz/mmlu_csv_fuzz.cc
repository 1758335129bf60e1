// Any bytes as a file of MMLU: they are refused, or every prompt of them can be made.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/mmlu.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::MmluBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse(
      {{"dev/fuzz_dev.csv", "Question?,1,2,3,4,A\n"}, {"test/fuzz_test.csv", content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  for (const assay::ProtocolSpec& protocol : benchmark.protocols()) {
    const auto selection = benchmark.Select(protocol, 1, *items);
    if (!selection.ok() || selection->items.empty()) std::abort();
    for (const assay::Item& item : selection->items) {
      if (benchmark.RenderPrompt(protocol, item, selection->shots).empty()) std::abort();
    }
  }
  return 0;
}
