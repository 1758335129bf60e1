// Any bytes as the file of HumanEval: they are refused, or every problem has a program.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "common/benchmark/human_eval.h"
#include "common/scoring/human_eval_program.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const assay::HumanEvalBenchmark benchmark;
  const std::string content(reinterpret_cast<const char*>(data), size);
  const auto items = benchmark.Parse({{"fuzz.jsonl", content}});
  if (!items.ok()) {
    // Bad input, and nothing else.
    if (items.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  for (const assay::Item& item : *items) {
    if (assay::MakeHumanEvalProgram(item, assay::ExtractInstructEvalCompletion(content)).empty()) {
      std::abort();
    }
  }
  return 0;
}
