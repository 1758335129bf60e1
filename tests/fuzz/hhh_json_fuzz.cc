// Any bytes as a file of HHH: they are refused, or every item has two answers and two prompts.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/hhh.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::HhhBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse({{"fuzz/task.json", content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  const assay::ProtocolSpec& protocol = benchmark.protocols().front();
  for (const assay::Item& item : *items) {
    const std::string first = benchmark.RenderVariant(protocol, item, {}, 0);
    const std::string last = benchmark.RenderVariant(protocol, item, {}, 1);
    // The same but for the order of two answers, which are different keys of an object.
    if (first.size() != last.size() || first == last) std::abort();
  }
  return 0;
}
