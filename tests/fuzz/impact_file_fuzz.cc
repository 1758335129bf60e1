// Any bytes as a file of IMPACT, in each of its forms: they are refused, or every task can be
// asked, and every answer to it judged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/impact.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::ImpactBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  for (const char* name : {"fuzz.csv", "fuzz.json", "fuzz.jsonl"}) {
    const auto items = benchmark.Parse({{name, content}});
    if (!items.ok()) {
      // Bad input, and nothing else.
      if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
      continue;
    }
    for (size_t i = 0; i < items->size(); ++i) {
      assay::Item item = (*items)[i];
      if (item.ordinal != static_cast<int64_t>(i)) std::abort();
      if (i > 0 && item.group < (*items)[i - 1].group) std::abort();
      item.fields[assay::kAnswerField] = "an answer";
      for (const assay::ProtocolSpec& protocol : benchmark.protocols()) {
        const std::string prompt = benchmark.RenderPrompt(protocol, item, {});
        const bool has_answer = prompt.find("an answer") != std::string::npos;
        if (prompt.empty() || (!protocol.criterion.empty() && !has_answer)) std::abort();
      }
    }
  }
  return 0;
}
