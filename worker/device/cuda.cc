#include "worker/device/cuda.h"

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <exception>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// A tenth of the device, and not less than a gigabyte.
constexpr int64_t kReservedParts = 10;
constexpr int64_t kLeastReserve = int64_t{1} << 30;

// cudaDeviceAttr of cuda_runtime_api.h, whose values are part of its binary interface.
constexpr int kComputeCapabilityMajor = 75;
constexpr int kComputeCapabilityMinor = 76;

// The first line of a libtorch message; the rest is its own stack.
std::string FirstLine(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

}  // namespace

absl::Status OpenCuda(const Device& device, const std::string& library) {
  // Without a workspace of a fixed size cuBLAS is not deterministic, and libtorch refuses it.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  if (dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    return absl::FailedPreconditionError(absl::StrCat(
        "the device ", device.Name(), " needs ", library, " and NVIDIA's libraries: ",
        reason == nullptr ? "it cannot be loaded" : reason, "; `deploy/setup cuda` fetches them"));
  }
  try {
    if (!at::globalContext().hasCUDA()) {
      return absl::FailedPreconditionError(absl::StrCat(
          library,
          " is loaded, but finds no CUDA driver or no device on this machine (nvidia-smi "
          "shows what the driver sees)"));
    }
    const int devices = at::accelerator::deviceCount();
    if (device.index >= devices) {
      return absl::FailedPreconditionError(absl::StrCat("there is no device ", device.Name(),
                                                        "; this process sees ", devices,
                                                        " (CUDA_VISIBLE_DEVICES narrows them)"));
    }
    at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
    // The same bits for the same row: no products in TensorFloat-32, no atomics in any order.
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowBF16ReductionCuBLAS(false, /*allow_splitk=*/false);
    at::globalContext().setAllowFP16ReductionCuBLAS(false, /*allow_splitk=*/false);
    at::globalContext().setDeterministicAlgorithms(true, /*warn_only=*/false);
    at::globalContext().setDeterministicFillUninitializedMemory(false);
    return absl::OkStatus();
  } catch (const std::exception& error) {
    return absl::FailedPreconditionError(
        absl::StrCat("the device ", device.Name(), " cannot be used: ", FirstLine(error)));
  }
}

absl::StatusOr<CudaFacts> ReadCudaFacts(const Device& device) {
  using GetAttribute = int (*)(int*, int, int);
  const auto get_attribute =
      reinterpret_cast<GetAttribute>(dlsym(RTLD_DEFAULT, "cudaDeviceGetAttribute"));
  if (get_attribute == nullptr) {
    return absl::FailedPreconditionError("libcudart has no cudaDeviceGetAttribute");
  }
  CudaFacts facts;
  int minor = 0;
  if (get_attribute(&facts.major, kComputeCapabilityMajor, device.index) != 0 ||
      get_attribute(&minor, kComputeCapabilityMinor, device.index) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the driver does not tell the compute capability of ", device.Name()));
  }
  facts.architecture = absl::StrCat("sm", facts.major, minor);
  try {
    const auto [free, total] =
        at::accelerator::getMemoryInfo(static_cast<c10::DeviceIndex>(device.index));
    facts.free_bytes = static_cast<int64_t>(free);
    facts.total_bytes = static_cast<int64_t>(total);
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(device.Name(), ": ", FirstLine(error)));
  }
  return facts;
}

absl::StatusOr<std::string> PciBusIdOf(const Device& device) {
  using GetBusId = int (*)(char*, int, int);
  const auto get_bus_id = reinterpret_cast<GetBusId>(dlsym(RTLD_DEFAULT, "cudaDeviceGetPCIBusId"));
  char id[32] = {};
  if (get_bus_id == nullptr || get_bus_id(id, sizeof(id), device.index) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("the driver does not tell where ", device.Name(), " is"));
  }
  return std::string(id);
}

int64_t KvCacheBytesFor(int64_t free_bytes, int64_t total_bytes) {
  return std::max<int64_t>(0, free_bytes - std::max(total_bytes / kReservedParts, kLeastReserve));
}

}  // namespace assay
