#include "worker/process/probe.h"

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "worker/device/device.h"
#include "worker/process/compute_device.h"
#include "worker/process/engine_identity.h"

namespace assay {
namespace {

// A CPU need not be measured to be there.
absl::StatusOr<std::string> EngineOf(const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(const Device device, Device::Parse(name));
  if (device.is_cpu()) return EngineIdentity();
  ASSAY_ASSIGN_OR_RETURN(const ComputeDevice opened, OpenComputeDevice(name));
  return opened.engine;
}

}  // namespace

std::string ProbeJson(const ProbeOptions& options, absl::string_view sandbox_name) {
  const absl::StatusOr<std::string> engine = EngineOf(options.device);
  const absl::Status sandbox = Sandbox::Create(options.sandbox).status();
  const nlohmann::ordered_json json = {
      {"version", kVersion},
      {"device", options.device},
      {"engine", engine.value_or("")},
      {"device_error", std::string(engine.status().message())},
      {"sandbox", std::string(sandbox_name)},
      {"sandbox_error", std::string(sandbox.message())},
  };
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace assay
