// Matrix products of the demo model's shapes: libtorch's linear against ours, in one run. For each
// it prints GFLOP/s by the number of rows, and whether a row's bits depend on that number: the
// question that decided which of the two the engine uses.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "worker/layers/activations.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/thread_pool.h"

namespace assay {
namespace {

constexpr int64_t kRowCounts[] = {1, 16, 64, 256, 1024};
constexpr int64_t kMostRows = 1024;

struct Shape {
  int64_t columns;
  int64_t depth;
};

double BestSeconds(const std::function<void()>& body) {
  body();
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    body();
    best = std::min(
        best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

// Ours on random inputs and panels: their layout does not matter for the time, nor for the question
// of bits.
at::Tensor Ours(const at::Tensor& input, const at::Tensor& panels, Precision precision,
                const Shape& shape) {
  at::Tensor out = at::empty({input.size(0), shape.columns}, at::kFloat);
  const int64_t panel_count = shape.columns / cpu::kPanel;
  const int64_t task_panels = std::max<int64_t>(1, panel_count / 12);
  const char* data = static_cast<const char*>(panels.const_data_ptr());
  ThreadPool::Shared().ParallelFor((panel_count + task_panels - 1) / task_panels, [&](int64_t t) {
    const int64_t panel = t * task_panels;
    cpu::BestKernels().gemm(precision, {.input = input.const_data_ptr(),
                                        .first_row = 0,
                                        .rows = input.size(0),
                                        .panels = data + panel * shape.depth * cpu::kPanel *
                                                             cpu::ElementSize(precision),
                                        .depth = shape.depth,
                                        .panel_count = std::min(task_panels, panel_count - panel),
                                        .output = cpu::Output::kStore,
                                        .bias = nullptr,
                                        .out = out.mutable_data_ptr<float>() + panel * cpu::kPanel,
                                        .out_stride = shape.columns,
                                        .out_columns = shape.columns - panel * cpu::kPanel});
  });
  return out;
}

// The row counts at which some row differs from the same row among the most rows.
std::string Differing(const std::function<at::Tensor(const at::Tensor&)>& product,
                      const at::Tensor& input) {
  const at::Tensor all = product(input);
  std::string counts;
  for (const int64_t rows : {1, 2, 3, 8, 15, 16, 17, 33, 64, 100, 128, 200, 256, 500, 1000}) {
    const at::Tensor part = product(input.narrow(0, 0, rows));
    const at::Tensor expected = all.narrow(0, 0, rows).contiguous();
    if (std::memcmp(part.const_data_ptr(), expected.const_data_ptr(), part.nbytes()) != 0) {
      counts += " " + std::to_string(rows);
    }
  }
  return counts.empty() ? " none" : counts;
}

void Run() {
  const c10::InferenceMode inference;
  at::set_num_threads(ThreadPool::Shared().threads());
  std::printf("kernels: %s, threads: %d; GFLOP/s by number of rows\n",
              std::string(cpu::BestKernels().name).c_str(), ThreadPool::Shared().threads());
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    for (const Shape& shape : {Shape{960, 576}, Shape{576, 576}, Shape{3072, 576}, Shape{576, 1536},
                               Shape{49152, 576}}) {
      const at::ScalarType type = ScalarTypeOf(precision);
      const at::Tensor weight = at::randn({shape.columns, shape.depth}).to(type);
      // Spare rows behind, as the kernels want them.
      const at::Tensor input =
          at::randn({kMostRows + cpu::kSpareRows, shape.depth}).to(type).narrow(0, 0, kMostRows);
      const std::function<at::Tensor(const at::Tensor&)> theirs = [&](const at::Tensor& x) {
        return at::linear(x, weight);
      };
      const std::function<at::Tensor(const at::Tensor&)> ours = [&](const at::Tensor& x) {
        return Ours(x, weight, precision, shape);
      };
      std::printf("%s [%ld, %ld]\n", std::string(PrecisionName(precision)).c_str(), shape.columns,
                  shape.depth);
      for (const auto& [name, product] :
           {std::pair("libtorch", &theirs), std::pair("ours", &ours)}) {
        std::printf("  %-9s", name);
        for (const int64_t rows : kRowCounts) {
          const at::Tensor x = input.narrow(0, 0, rows);
          const double flop = 2.0 * static_cast<double>(rows * shape.columns * shape.depth);
          std::printf(" %ld: %.0f", rows, flop / BestSeconds([&] { (*product)(x); }) / 1e9);
        }
        std::printf("; rows whose bits differ at:%s\n", Differing(*product, input).c_str());
      }
    }
  }
}

}  // namespace
}  // namespace assay

int main() { assay::Run(); }
