// `assay-worker probe`: whether this machine can serve as a worker, without a coordinator.
#ifndef ASSAY_WORKER_PROCESS_PROBE_H_
#define ASSAY_WORKER_PROCESS_PROBE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "worker/sandbox/sandbox.h"

namespace assay {

struct ProbeOptions {
  std::string device = "cpu";
  SandboxOptions sandbox = {};
};

// Opens the device and runs an empty program in the sandbox. A line of JSON: {"version", "device",
// "engine", "device_error", "sandbox", "sandbox_error"}; an error is empty where all is well.
std::string ProbeJson(const ProbeOptions& options, absl::string_view sandbox_name);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_PROBE_H_
