// What this machine can do at most for a model: the rate of libtorch's matrix products of the
// model's own shapes, and the bandwidth at which as many bytes as its weights have are read. Prints
// JSON, from which tests/bench/engine computes ceilings.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "common/base/status_macros.h"
#include "worker/model/llama.h"
#include "worker/weights/checkpoint.h"

namespace assay {
namespace {

constexpr int64_t kRowCounts[] = {1024, 2048, 4096};
// Of a product's result; larger ones take seconds and are not faster.
constexpr int64_t kMostResultBytes = int64_t{256} << 20;

// A linear layer, or several that one product can serve.
struct Shape {
  const char* role;
  int64_t columns;
  int64_t depth;
  int64_t count;  // in the whole model
};

std::vector<Shape> Shapes(const LlamaConfig& config) {
  const int64_t width = config.heads * config.head_size;
  const int64_t kv_width = config.kv_heads * config.head_size;
  return {{"query_key_value", width + 2 * kv_width, config.hidden_size, config.layers},
          {"attention_output", config.hidden_size, width, config.layers},
          {"gate_up", 2 * config.intermediate_size, config.hidden_size, config.layers},
          {"down", config.hidden_size, config.intermediate_size, config.layers},
          {"output", config.vocabulary_size, config.hidden_size, 1}};
}

// The shortest of many runs: the ceiling is what the machine can do, undisturbed.
double BestSeconds(const std::function<void()>& body) {
  using Clock = std::chrono::steady_clock;
  body();
  double best = 1e9;
  double total = 0;
  for (int i = 0; i < 5 || (total < 0.3 && i < 200); ++i) {
    const Clock::time_point begin = Clock::now();
    body();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::min(best, seconds);
    total += seconds;
  }
  return best;
}

// GFLOP/s by number of rows.
nlohmann::json ProductRates(const Shape& shape, at::ScalarType type) {
  const at::Tensor weight = at::randn({shape.columns, shape.depth}).to(type);
  nlohmann::json rates;
  for (const int64_t rows : kRowCounts) {
    if (rows > kRowCounts[0] && rows * shape.columns * 4 > kMostResultBytes) break;
    const at::Tensor input = at::randn({rows, shape.depth}).to(type);
    const double flop = 2.0 * static_cast<double>(rows * shape.columns * shape.depth);
    rates[std::to_string(rows)] = flop / BestSeconds([&] { at::linear(input, weight); }) / 1e9;
  }
  return rates;
}

// Several places at once, asked for ahead, keep more of the memory's channels busy than one does.
constexpr int64_t kStreams = 8;
constexpr int64_t kStep = 32;    // words read from a place at a time
constexpr int64_t kAhead = 128;  // words

__attribute__((target_clones("avx512f", "avx2", "default"))) uint64_t Sum(const uint64_t* words,
                                                                          int64_t count) {
  const int64_t part = count / kStreams;
  uint64_t sums[8] = {};
  for (int64_t i = 0; i < part; i += kStep) {
    for (int64_t stream = 0; stream < kStreams; ++stream) {
      const uint64_t* from = words + stream * part + i;
      for (int64_t k = 0; k < kStep; k += 8) __builtin_prefetch(from + kAhead + k);
      for (int64_t k = 0; k < 8; ++k)
        sums[k] += from[k] + from[k + 8] + from[k + 16] + from[k + 24];
    }
  }
  uint64_t sum = 0;
  for (const uint64_t part_sum : sums) sum += part_sum;
  return sum;
}

// GB/s of all threads together, reading `bytes` once through.
absl::StatusOr<double> ReadBandwidth(int64_t bytes, int threads) {
  constexpr size_t kPage = size_t{2} << 20;
  // Of each thread; whole steps of all streams.
  const int64_t words = bytes / 8 / threads / (kStreams * kStep) * (kStreams * kStep);
  const size_t size = (static_cast<size_t>(words * threads) * 8 + kPage - 1) / kPage * kPage;
  const std::unique_ptr<uint64_t[], decltype(&std::free)> data(
      static_cast<uint64_t*>(std::aligned_alloc(kPage, size)), &std::free);
  if (data == nullptr) return absl::ResourceExhaustedError("no memory for as much as the weights");
  madvise(data.get(), size, MADV_HUGEPAGE);  // refused, it is slower
  std::fill_n(data.get(), words * threads, 1);
  std::vector<uint64_t> sums(static_cast<size_t>(threads));
  const double seconds = BestSeconds([&] {
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back(
          [&, i] { sums[static_cast<size_t>(i)] = Sum(data.get() + i * words, words); });
    }
    for (std::thread& worker : workers) worker.join();
  });
  for (const uint64_t sum : sums) {
    // Every word is 1.
    if (sum != static_cast<uint64_t>(words)) return absl::InternalError("words were not read");
  }
  return static_cast<double>(words * threads * 8) / seconds / 1e9;
}

absl::Status Run(const std::string& model, int threads) {
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<Checkpoint> checkpoint, Checkpoint::Open(model));
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig config, LlamaConfig::Parse(*checkpoint));
  const c10::InferenceMode inference;
  const std::vector<Shape> shapes = Shapes(config);
  int64_t weights = 0;
  for (const Shape& shape : shapes) weights += shape.columns * shape.depth * shape.count;
  nlohmann::json result = {{"threads", threads}};
  for (const auto& [name, type] :
       {std::pair("float32", at::kFloat), std::pair("bfloat16", at::kBFloat16)}) {
    const int64_t bytes = weights * static_cast<int64_t>(c10::elementSize(type));
    nlohmann::json layers = nlohmann::json::array();
    for (const Shape& shape : shapes) {
      const nlohmann::json rates = ProductRates(shape, type);
      double best = 0;
      for (const auto& rate : rates) best = std::max(best, rate.get<double>());
      layers.push_back({{"role", shape.role},
                        {"columns", shape.columns},
                        {"depth", shape.depth},
                        {"count", shape.count},
                        {"gflops_by_rows", rates},
                        {"gflops", best}});
    }
    ASSAY_ASSIGN_OR_RETURN(const double bandwidth, ReadBandwidth(bytes, threads));
    result[name] = {
        {"layers", layers}, {"weight_bytes", bytes}, {"read_gigabytes_per_second", bandwidth}};
  }
  std::printf("%s\n", result.dump(1).c_str());
  return absl::OkStatus();
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  std::string model;
  int threads = 1;
  CLI::App app("Measures what this machine can do at most for a model.");
  app.add_option("--model", model, "A Hugging Face folder or a GGUF file")->required();
  app.add_option("--threads", threads)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  at::set_num_threads(threads);
  const absl::Status status = assay::Run(model, threads);
  if (!status.ok()) std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
