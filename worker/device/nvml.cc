// The library's interface as NVIDIA documents it (NVML API Reference: Initialization and Cleanup,
// Device Queries).
#include "worker/device/nvml.h"

#include <dlfcn.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

struct Memory {
  unsigned long long total;  // NOLINT(google-runtime-int): the library's own
  unsigned long long free;   // NOLINT(google-runtime-int)
  unsigned long long used;   // NOLINT(google-runtime-int)
};
struct Utilization {
  unsigned int gpu;  // percent
  unsigned int memory;
};

constexpr int kSuccess = 0;
constexpr double kPercent = 100.0;

}  // namespace

struct Nvml::Functions {
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*device_by_pci_bus_id)(const char*, void**) = nullptr;
  int (*memory)(void*, Memory*) = nullptr;
  int (*utilization)(void*, Utilization*) = nullptr;

  Functions() = default;
  Functions(const Functions&) = delete;
  ~Functions() {
    if (started) shutdown();
  }
  bool started = false;
};

Nvml::Nvml(std::shared_ptr<const Functions> functions, void* device)
    : functions_(std::move(functions)), device_(device) {}

absl::StatusOr<std::unique_ptr<Nvml>> Nvml::Open(const std::string& pci_bus_id,
                                                 const std::string& library) {
  // Stays loaded: drivers do not like to be unloaded.
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat(library, " cannot be loaded"));
  }
  auto functions = std::make_shared<Functions>();
  bool complete = true;
  const auto find = [&](const char* name, auto* function) {
    *function = reinterpret_cast<std::remove_pointer_t<decltype(function)>>(dlsym(handle, name));
    complete = complete && *function != nullptr;
  };
  find("nvmlInit_v2", &functions->init);
  find("nvmlShutdown", &functions->shutdown);
  find("nvmlDeviceGetHandleByPciBusId_v2", &functions->device_by_pci_bus_id);
  find("nvmlDeviceGetMemoryInfo", &functions->memory);
  find("nvmlDeviceGetUtilizationRates", &functions->utilization);
  if (!complete) return absl::FailedPreconditionError(absl::StrCat(library, " lacks a function"));
  if (const int code = functions->init(); code != kSuccess) {
    return absl::FailedPreconditionError(absl::StrCat("nvmlInit_v2 answers ", code));
  }
  functions->started = true;
  void* device = nullptr;
  if (const int code = functions->device_by_pci_bus_id(pci_bus_id.c_str(), &device);
      code != kSuccess) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no device ", pci_bus_id, " (NVML answers ", code, ")"));
  }
  return std::unique_ptr<Nvml>(new Nvml(std::move(functions), device));
}

absl::StatusOr<DeviceUse> Nvml::Read() const {
  Memory memory = {};
  Utilization utilization = {};
  if (functions_->memory(device_, &memory) != kSuccess ||
      functions_->utilization(device_, &utilization) != kSuccess) {
    return absl::UnavailableError("the driver does not tell of the device");
  }
  DeviceUse use;
  use.total_bytes = static_cast<int64_t>(memory.total);
  use.used_bytes = static_cast<int64_t>(memory.used);
  use.utilization = utilization.gpu / kPercent;
  return use;
}

}  // namespace assay
