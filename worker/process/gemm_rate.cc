#include "worker/process/gemm_rate.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

// Small enough for a slow machine to end in time, large enough to fill a fast one's vector units.
constexpr int64_t kRows = 384;
constexpr int64_t kColumns = 1024;
constexpr int64_t kDepth = 512;
constexpr int64_t kTasks = 16;
constexpr double kFlop = 2.0 * kRows * kColumns * kDepth;
constexpr double kSeconds = 0.05;  // for each precision

// With the engine's own kernels and threads, since it is the engine's speed that is to be foretold.
double Measure(Precision precision) {
  using Clock = std::chrono::steady_clock;
  const int64_t element = cpu::ElementSize(precision);
  const std::vector<char> input(static_cast<size_t>((kRows + cpu::kSpareRows) * kDepth * element));
  const std::vector<char> panels(static_cast<size_t>(kColumns * kDepth * element));
  std::vector<float> out(static_cast<size_t>(kRows * kColumns));
  constexpr int64_t kTaskColumns = kColumns / kTasks;
  const auto multiply = [&](int64_t task) {
    cpu::BestKernels().gemm(precision,
                            {.input = input.data(),
                             .first_row = 0,
                             .rows = kRows,
                             .panels = panels.data() + task * kTaskColumns * kDepth * element,
                             .depth = kDepth,
                             .panel_count = kTaskColumns / cpu::kPanel,
                             .output = cpu::Output::kStore,
                             .bias = nullptr,
                             .out = out.data() + task * kTaskColumns,
                             .out_stride = kColumns,
                             .out_columns = kTaskColumns});
  };
  ThreadPool::Shared().ParallelFor(kTasks, multiply);  // warms up
  double best = 0;
  const Clock::time_point begin = Clock::now();
  Clock::time_point last = begin;
  do {
    ThreadPool::Shared().ParallelFor(kTasks, multiply);
    const Clock::time_point now = Clock::now();
    best = std::max(best, kFlop / std::chrono::duration<double>(now - last).count());
    last = now;
  } while (std::chrono::duration<double>(last - begin).count() < kSeconds);
  return best / 1e9;
}

}  // namespace

std::map<std::string, double> MeasureGemmRates() {
  std::map<std::string, double> rates;
  // On a thread of its own: the pool pins who calls it, and threads inherit that.
  std::thread([&rates] {
    for (const Precision precision :
         {Precision::kFloat32, Precision::kBFloat16, Precision::kFloat16}) {
      rates[std::string(PrecisionName(precision))] = Measure(precision);
    }
  }).join();
  return rates;
}

}  // namespace assay
