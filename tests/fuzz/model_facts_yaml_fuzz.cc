// Any bytes as a file of facts of models: refused, or every fact can be set again as it is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "client/registry/model_facts_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto models = assay::ReadModelFacts("fuzz.yaml", text);
  if (!models.ok()) {
    // Bad input, and nothing else.
    if (models.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  std::set<std::string> names;
  for (const assay::ModelFacts& facts : *models) {
    if (facts.name.empty() || !names.insert(facts.name).second) std::abort();
    if (facts.parameters < 0 || facts.instruction_examples < 0) std::abort();
  }
  return 0;
}
