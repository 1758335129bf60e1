// Any bytes as the results that lm-eval writes: refused, or what they tell is within reason.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "client/exchange/lm_eval_results.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<assay::LmEvalRun> run = assay::ReadLmEvalRun(text);
  if (!run.ok()) {
    // Bad input, and nothing else.
    if (run.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  if (run->parameters < 0 || run->finished < run->started) std::abort();
  for (const auto& [task, shots] : run->shots) {
    if (shots < 0) std::abort();
  }
  return 0;
}
