// Any bytes as a file of BBH: they are refused, or every prompt of them can be made.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/catalog/built_in.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::Benchmark& benchmark = **assay::FindBenchmark("bbh");
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse({{"fuzz.json", content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  const assay::ProtocolSpec& protocol = benchmark.protocols().front();
  const auto selection = benchmark.Select(protocol, 1, *items);
  if (!selection.ok()) std::abort();
  for (const assay::Item& item : selection->items) {
    if (benchmark.RenderPrompt(protocol, item, selection->shots).empty()) std::abort();
  }
  return 0;
}
