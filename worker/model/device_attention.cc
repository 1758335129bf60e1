#include "worker/model/device_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

using cpu::kBlockTokens;

constexpr int64_t kTileRows = 16;
constexpr int64_t kStretchBlocks = 4;
constexpr int64_t kStretchTokens = kStretchBlocks * kBlockTokens;
// Bounds the memory for gathered keys and scores.
constexpr int64_t kTilesAtOnce = 64;
// The running maximum before any key is seen: finite, so that differences are.
constexpr double kNoMaximum = -1e30;

struct Tile {
  const BatchSlice* slice = nullptr;
  std::vector<int64_t> rows;       // of the batch
  std::vector<int64_t> positions;  // of each
  int64_t first = 0;               // of the plan's rows
};

std::vector<Tile> CutTiles(const Batch& batch, absl::Span<const int64_t> rows) {
  std::vector<Tile> tiles;
  size_t next = 0;
  for (const BatchSlice& slice : batch.slices) {
    for (; next < rows.size() && rows[next] < slice.first_row + slice.rows; ++next) {
      if (tiles.empty() || tiles.back().slice != &slice || tiles.back().rows.size() == kTileRows) {
        tiles.push_back(
            {.slice = &slice, .rows = {}, .positions = {}, .first = static_cast<int64_t>(next)});
      }
      tiles.back().rows.push_back(rows[next]);
      tiles.back().positions.push_back(slice.first_position + rows[next] - slice.first_row);
    }
  }
  return tiles;
}

// slope × position as PositionBias has it: [heads, tokens], float32.
at::Tensor BiasTable(const PositionBias::Settings& settings, int64_t tokens, at::Device device) {
  const at::Tensor slopes = at::tensor(settings.slopes, at::kFloat).to(device).unsqueeze(1);
  const at::Tensor positions =
      at::arange(tokens, at::TensorOptions().dtype(at::kFloat).device(device)).unsqueeze(0);
  const at::Tensor table =
      settings.bfloat16 ? (slopes.to(at::kBFloat16) * positions.to(at::kBFloat16)).to(at::kFloat)
                        : slopes * positions;
  return table * settings.scale;
}

}  // namespace

at::Tensor DeviceBatchProduct(const at::Tensor& a, const at::Tensor& b) {
  if (a.scalar_type() == at::kFloat) return at::bmm(a, b);
  if (a.is_cuda()) return at::bmm(a, b, at::kFloat);
  return at::bmm(a.to(at::kFloat), b.to(at::kFloat));
}

DeviceAttentionPlan::DeviceAttentionPlan(const Batch& batch, absl::Span<const int64_t> rows,
                                         at::Device device)
    : device_(device) {
  std::vector<Tile> tiles = CutTiles(batch, rows);
  std::stable_sort(tiles.begin(), tiles.end(), [](const Tile& a, const Tile& b) {
    return a.positions.back() > b.positions.back();
  });
  std::vector<int64_t> order(rows.size());
  for (size_t begin = 0; begin < tiles.size(); begin += kTilesAtOnce) {
    const size_t end = std::min(tiles.size(), begin + kTilesAtOnce);
    Group group;
    group.tiles = static_cast<int64_t>(end - begin);
    std::vector<int64_t> group_rows, positions;
    for (size_t i = begin; i < end; ++i) {
      Tile& tile = tiles[i];
      for (size_t row = 0; row < tile.rows.size(); ++row) {
        order[static_cast<size_t>(tile.first) + row] =
            static_cast<int64_t>(i) * kTileRows + static_cast<int64_t>(row);
      }
      tile.rows.resize(kTileRows, 0);
      tile.positions.resize(kTileRows, -1);
      group_rows.insert(group_rows.end(), tile.rows.begin(), tile.rows.end());
      positions.insert(positions.end(), tile.positions.begin(), tile.positions.end());
    }
    const int64_t longest =
        *std::max_element(tiles[begin].positions.begin(), tiles[begin].positions.end());
    for (int64_t token = 0; token <= longest; token += kStretchTokens) {
      std::vector<int64_t> blocks;
      int64_t active = 0;
      for (size_t i = begin; i < end; ++i, ++active) {
        const Tile& tile = tiles[i];
        if (*std::max_element(tile.positions.begin(), tile.positions.end()) < token) break;
        for (int64_t block = 0; block < kStretchBlocks; ++block) {
          const size_t index = static_cast<size_t>(token / kBlockTokens + block);
          // Keys behind a sequence's last block are masked, whatever block stands for them.
          blocks.push_back(index < tile.slice->blocks.size() ? tile.slice->blocks[index] : 0);
        }
      }
      group.blocks.push_back(at::tensor(blocks, at::kLong).to(device));
      group.active.push_back(active);
    }
    group.rows = at::tensor(group_rows, at::kLong).to(device);
    group.positions = at::tensor(positions, at::kLong).to(device).view({group.tiles, kTileRows});
    groups_.push_back(std::move(group));
  }
  order_ = at::tensor(order, at::kLong).to(device);
}

at::Tensor DeviceAttentionPlan::AttendGroup(const DeviceAttentionShape& shape, const Group& group,
                                            const at::Tensor& queries, const at::Tensor& keys,
                                            const at::Tensor& values) const {
  const int64_t kv_heads = shape.kv_heads;
  const int64_t heads_in_group = shape.heads / kv_heads;
  const int64_t size = shape.head_size;
  const int64_t rows = heads_in_group * kTileRows;  // of queries that see the same keys
  const at::Tensor query = queries.index_select(0, group.rows)
                               .view({group.tiles, kTileRows, kv_heads, heads_in_group, size})
                               .permute({0, 2, 3, 1, 4})
                               .reshape({group.tiles * kv_heads, rows, size});
  const at::TensorOptions floats = at::TensorOptions().dtype(at::kFloat).device(device_);
  const int64_t batch = group.tiles * kv_heads;
  at::Tensor maximum = at::full({batch, rows, 1}, kNoMaximum, floats);
  at::Tensor sum = at::zeros({batch, rows, 1}, floats);
  at::Tensor result = at::zeros({batch, rows, size}, floats);
  at::Tensor table;
  if (shape.position_bias != nullptr) {
    table = BiasTable(*shape.position_bias,
                      static_cast<int64_t>(group.blocks.size()) * kStretchTokens, device_);
  }
  for (size_t i = 0; i < group.blocks.size(); ++i) {
    const int64_t tiles = group.active[i];
    const int64_t first_token = static_cast<int64_t>(i) * kStretchTokens;
    const auto gather = [&](const at::Tensor& cache) {  // [tiles, kv_heads, tokens, size]
      return cache.index_select(0, group.blocks[i])
          .view({tiles, kStretchTokens, kv_heads, size})
          .transpose(1, 2);
    };
    const auto part = [&](const at::Tensor& whole) { return whole.narrow(0, 0, tiles * kv_heads); };
    at::Tensor scores =
        DeviceBatchProduct(part(query), gather(keys).transpose(2, 3).reshape(
                                            {tiles * kv_heads, size, kStretchTokens}))
            .view({tiles, kv_heads, heads_in_group, kTileRows, kStretchTokens})
            .mul_(shape.scale);
    if (shape.score_cap > 0.0f) {
      scores.div_(shape.score_cap).tanh_().mul_(shape.score_cap);
    }
    const at::Tensor key = at::arange(first_token, first_token + kStretchTokens,
                                      at::TensorOptions().dtype(at::kLong).device(device_));
    const at::Tensor position =
        group.positions.narrow(0, 0, tiles).view({tiles, 1, 1, kTileRows, 1});
    if (table.defined()) {
      const at::Tensor of_keys = table.narrow(1, first_token, kStretchTokens)
                                     .view({1, kv_heads, heads_in_group, 1, kStretchTokens});
      const at::Tensor of_rows = table.index_select(1, position.flatten().clamp_min(0))
                                     .view({kv_heads, heads_in_group, tiles, kTileRows, 1})
                                     .permute({2, 0, 1, 3, 4});
      scores.add_(of_keys - of_rows);
    }
    at::Tensor hidden = key.gt(position);
    if (shape.window > 0) hidden = hidden.logical_or(key.le(position - shape.window));
    scores.masked_fill_(hidden, -std::numeric_limits<double>::infinity());
    scores = scores.view({tiles * kv_heads, rows, kStretchTokens});

    const at::Tensor greatest = at::maximum(part(maximum), scores.amax(-1, /*keepdim=*/true));
    const at::Tensor shrink = (part(maximum) - greatest).exp_();
    const at::Tensor weights = scores.sub_(greatest).exp_();
    part(sum).mul_(shrink).add_(weights.sum(-1, /*keepdim=*/true));
    part(result).mul_(shrink).add_(
        DeviceBatchProduct(weights.to(values.scalar_type()),
                           gather(values).reshape({tiles * kv_heads, kStretchTokens, size})));
    part(maximum).copy_(greatest);
  }
  return result.div_(sum)
      .view({group.tiles, kv_heads, heads_in_group, kTileRows, size})
      .permute({0, 3, 1, 2, 4})
      .reshape({group.tiles * kTileRows, shape.heads * size});
}

at::Tensor DeviceAttentionPlan::Attend(const DeviceAttentionShape& shape, const at::Tensor& queries,
                                       const at::Tensor& keys, const at::Tensor& values) const {
  std::vector<at::Tensor> results;
  results.reserve(groups_.size());
  for (const Group& group : groups_) {
    results.push_back(AttendGroup(shape, group, queries, keys, values));
  }
  return at::cat(results, 0).index_select(0, order_);
}

}  // namespace assay
