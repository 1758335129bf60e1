// Any bytes as a table of published results: refused, or every score is within its range.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "client/registry/baseline_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<assay::Baseline> baseline = assay::ReadBaseline("folder/fuzz.csv", content);
  if (!baseline.ok()) {
    // Bad input, and nothing else.
    if (baseline.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  if (baseline->file != "fuzz.csv") std::abort();
  for (const assay::BaselineRow& row : baseline->rows) {
    if (row.model.empty() || row.parameters < 0) std::abort();
    for (const auto& [column, score] : row.scores) {
      // A share of 1, or a rating.
      if (column.empty() || !(score >= 0 && score <= 5)) std::abort();
    }
  }
  return 0;
}
