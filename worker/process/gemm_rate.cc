#include "worker/process/gemm_rate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

// Small enough for a machine of 1 GFLOP/s to end in time, large enough to fill a fast one's vector
// units.
constexpr int64_t kSize = 512;
constexpr double kFlops = 2.0 * kSize * kSize * kSize;
constexpr double kSeconds = 0.05;  // for each precision

double Measure(at::ScalarType type) {
  using Clock = std::chrono::steady_clock;
  const at::Tensor a = at::ones({kSize, kSize}, type);
  const at::Tensor b = at::ones({kSize, kSize}, type);
  at::Tensor out = at::matmul(a, b);  // warms up: code is generated for the shape
  double best = 0;
  const Clock::time_point begin = Clock::now();
  Clock::time_point last = begin;
  do {
    at::matmul_out(out, a, b);
    const Clock::time_point now = Clock::now();
    best = std::max(best, kFlops / std::chrono::duration<double>(now - last).count());
    last = now;
  } while (std::chrono::duration<double>(last - begin).count() < kSeconds);
  return best / 1e9;
}

}  // namespace

absl::StatusOr<std::map<std::string, double>> MeasureGemmRates() {
  try {
    return std::map<std::string, double>{{"float32", Measure(at::kFloat)},
                                         {"bfloat16", Measure(at::kBFloat16)}};
  } catch (const std::exception& error) {
    return absl::InternalError(
        absl::StrCat("libtorch cannot multiply matrices on this machine: ", error.what()));
  }
}

}  // namespace assay
