#include "coordinator/planner/cost.h"

#include <algorithm>
#include <string>

namespace assay {
namespace {

constexpr double kShardSeconds = 10;
constexpr int64_t kMaxShardItems = 64;
constexpr int64_t kUnknownSpeedShardItems = 16;
constexpr int64_t kMaxShardPredictions = 1024;
constexpr int64_t kShardsPerWorker = 4;
constexpr int64_t kCutShardPredictions = 256;
constexpr double kReachedShareOfRate = 0.5;

}  // namespace

double ExpectedTokensPerSecond(const ModelSpec& model, Precision precision,
                               absl::Span<const StoredWorker> workers) {
  if (model.remote.has_value()) return 0;
  Precision measured = precision;  // workers measure plain types only
  if (precision == Precision::kInt8) measured = Precision::kBFloat16;
  if (precision == Precision::kLlmInt8) measured = Precision::kFloat16;
  double gflops = 0;
  for (const StoredWorker& stored : workers) {
    if (!stored.connected) continue;
    const auto rate = stored.worker.gflops.find(std::string(PrecisionName(measured)));
    if (rate != stored.worker.gflops.end()) gflops += rate->second;
  }
  return gflops * 1e9 * kReachedShareOfRate / (2.0 * static_cast<double>(model.parameters));
}

int64_t ChooseShardItems(const ShardSizing& sizing) {
  if (sizing.may_cut) {
    return std::max<int64_t>(1, kCutShardPredictions / std::max(1, sizing.samples));
  }
  int64_t items = kUnknownSpeedShardItems;
  if (sizing.tokens_per_second > 0 && sizing.work > 0 && sizing.items > 0) {
    const double tokens_per_item =
        static_cast<double>(sizing.work) / static_cast<double>(sizing.items);
    const double worker_speed = sizing.tokens_per_second / std::max(1, sizing.workers);
    items = static_cast<int64_t>(
        std::min<double>(kMaxShardItems, kShardSeconds * worker_speed / tokens_per_item));
  }
  if (sizing.workers > 0) {
    const int64_t shards = sizing.workers * kShardsPerWorker;
    items = std::min(items, (sizing.items + shards - 1) / shards);
  }
  items = std::min(items, kMaxShardPredictions / std::max(1, sizing.samples));
  return std::max<int64_t>(1, items);
}

}  // namespace assay
