#include "worker/engine/optimizations.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace assay {
namespace {

struct Optimization {
  absl::string_view name;
  bool& (*flag)(EngineOptions&);
};

constexpr Optimization kOptimizations[] = {
    {"shared-prefixes", [](EngineOptions& o) -> bool& { return o.share_prefixes; }},
    {"prefix-order", [](EngineOptions& o) -> bool& { return o.order_by_prefix; }},
    {"speculation", [](EngineOptions& o) -> bool& { return o.speculate; }},
    {"shared-attention", [](EngineOptions& o) -> bool& { return o.passes.share_attention; }},
    {"rows-through-layers", [](EngineOptions& o) -> bool& { return o.passes.rows_through_layers; }},
    {"outputs-only", [](EngineOptions& o) -> bool& { return o.passes.outputs_only; }},
};

}  // namespace

std::vector<std::string> OptimizationNames() {
  std::vector<std::string> names;
  for (const Optimization& optimization : kOptimizations) {
    names.emplace_back(optimization.name);
  }
  return names;
}

absl::Status LeaveOut(absl::string_view name, EngineOptions* options) {
  for (const Optimization& optimization : kOptimizations) {
    if (optimization.name != name) continue;
    optimization.flag(*options) = false;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no optimization \"", name,
                   "\"; there are: ", absl::StrJoin(OptimizationNames(), ", ")));
}

}  // namespace assay
