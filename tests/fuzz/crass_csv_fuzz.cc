// Any bytes as the file of CRASS: they are refused, or every question has a right letter and a
// prompt.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/crass.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::CrassBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse({{"fuzz.csv", content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  const assay::ProtocolSpec& protocol = benchmark.protocols().front();
  const auto selection = benchmark.Select(protocol, 3, *items);
  if (!selection.ok()) std::abort();
  for (const assay::Item& item : selection->items) {
    if (item.choices.size() < 2 || item.fields.count(item.target) == 0) std::abort();
    if (benchmark.RenderPrompt(protocol, item, selection->shots).empty()) std::abort();
  }
  return 0;
}
