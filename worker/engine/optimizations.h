// The engine's optimizations by name. None changes a result; one is left out to measure what it
// brings, or to find out whether it is at fault.
#ifndef ASSAY_WORKER_ENGINE_OPTIMIZATIONS_H_
#define ASSAY_WORKER_ENGINE_OPTIMIZATIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "worker/engine/engine.h"

namespace assay {

// "shared-prefixes", ...
std::vector<std::string> OptimizationNames();

// InvalidArgument for an unknown name; it lists those there are.
absl::Status LeaveOut(absl::string_view name, EngineOptions* options);

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_OPTIMIZATIONS_H_
