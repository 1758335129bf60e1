#include "worker/process/compute_device.h"

#include <ATen/ATen.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/domain/run.h"
#include "worker/device/cuda.h"
#include "worker/layers/activations.h"
#include "worker/process/engine_identity.h"
#include "worker/process/gemm_rate.h"

namespace assay {
namespace {

// A product large enough to fill a GPU, so often that starting it does not count.
constexpr int64_t kSize = 4096;
constexpr int kProducts = 16;

double MeasureProducts(const Device& device, Precision precision) {
  const auto index = static_cast<c10::DeviceIndex>(device.index);
  const at::Tensor matrix = at::ones(
      {kSize, kSize},
      at::TensorOptions().dtype(ScalarTypeOf(precision)).device(at::Device(at::kCUDA, index)));
  at::mm(matrix, matrix);  // warms up
  at::accelerator::synchronizeDevice(index);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kProducts; ++i) at::mm(matrix, matrix);
  at::accelerator::synchronizeDevice(index);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  return 2.0 * kProducts * kSize * kSize * kSize / seconds.count() / 1e9;
}

absl::StatusOr<std::map<std::string, double>> MeasureCuda(const Device& device, int major) {
  std::vector<Precision> precisions = {Precision::kFloat32, Precision::kFloat16};
  if (major >= 8) precisions.push_back(Precision::kBFloat16);
  std::map<std::string, double> rates;
  try {
    const c10::InferenceMode inference;
    for (const Precision precision : precisions) {
      rates[std::string(PrecisionName(precision))] = MeasureProducts(device, precision);
    }
    at::accelerator::emptyCache();
    return rates;
  } catch (const std::exception& error) {
    return absl::InternalError(absl::StrCat(device.Name(), ": ", error.what()));
  }
}

}  // namespace

std::string DeviceEngineIdentity(absl::string_view architecture) {
  return absl::StrCat(kEngineVersion, "/cuda-", architecture);
}

absl::StatusOr<ComputeDevice> OpenComputeDevice(absl::string_view name) {
  ComputeDevice opened;
  ASSAY_ASSIGN_OR_RETURN(opened.device, Device::Parse(name));
  if (opened.device.is_cpu()) {
    opened.engine = EngineIdentity();
    opened.gflops = MeasureGemmRates();
    return opened;
  }
  ASSAY_RETURN_IF_ERROR(OpenCuda(opened.device));
  ASSAY_ASSIGN_OR_RETURN(const CudaFacts facts, ReadCudaFacts(opened.device));
  opened.engine = DeviceEngineIdentity(facts.architecture);
  ASSAY_ASSIGN_OR_RETURN(opened.gflops, MeasureCuda(opened.device, facts.major));
  return opened;
}

}  // namespace assay
