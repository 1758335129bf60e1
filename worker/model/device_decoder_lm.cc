#include "worker/model/device_decoder_lm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "common/base/status_macros.h"
#include "worker/layers/activations.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/rotary_embedding.h"
#include "worker/model/decoder_share.h"
#include "worker/model/device_product.h"
#include "worker/model/guarded.h"

namespace assay {
namespace {

using cpu::kBlockTokens;

at::Tensor LongsOn(at::Device device, const std::vector<int64_t>& values) {
  return at::tensor(values, at::kLong).to(device);
}

at::Tensor Activate(cpu::Activation activation, const at::Tensor& x) {
  switch (activation) {
    case cpu::Activation::kSilu:
      return at::silu(x);
    case cpu::Activation::kRelu:
      return at::relu(x);
    case cpu::Activation::kReluSquared:
      return at::square(at::relu(x));
    case cpu::Activation::kGelu:
      return at::gelu(x);
    case cpu::Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case cpu::Activation::kGeluQuick:
      return x * at::sigmoid(1.702 * x);
  }
  return x;
}

}  // namespace

DeviceDecoderLm::DeviceDecoderLm(DecoderSpec spec, DeviceWeights weights, Precision precision,
                                 at::Device device, DeviceSplit split)
    : spec_(std::move(spec)),
      precision_(cpu::ComputeType(precision)),
      type_(ScalarTypeOf(precision)),
      device_(device),
      weights_(std::move(weights)),
      attended_bounds_(std::move(split.attended_bounds)),
      gather_(split.group) {
  for (const RotaryConfig& config : spec_.rotary) {
    const RotaryEmbedding rotary(config);
    inverse_frequencies_.push_back(
        at::tensor(rotary.inverse_frequencies(), at::kFloat).to(device_));
    attention_factors_.push_back(rotary.attention_factor());
  }
}

KvLayout DeviceDecoderLm::kv_layout() const {
  return {static_cast<int64_t>(spec_.layers.size()), spec_.kv_heads, spec_.head_size, precision_};
}

absl::Status DeviceDecoderLm::Forward(const Batch& batch, KvPool* pool) {
  return Guarded("a forward pass", [&] {
    ForwardOrThrow(batch, *pool);
    return gather_.status();
  });
}

absl::StatusOr<const float*> DeviceDecoderLm::Logits(int64_t first, int64_t rows) {
  return Guarded("the logits", [&]() -> absl::StatusOr<const float*> {
    const DeviceLinear& head = weights_.head.defined() ? weights_.head : weights_.embedding;
    at::Tensor logits = WholeProduct(head, final_.narrow(0, first, rows), spec_.vocabulary_size);
    if (spec_.logit_scale != 1.0f) logits.mul_(spec_.logit_scale);
    if (spec_.logit_cap > 0.0f) logits.div_(spec_.logit_cap).tanh_().mul_(spec_.logit_cap);
    ASSAY_RETURN_IF_ERROR(gather_.Wait());
    logits_ = logits.to(at::kCPU).contiguous();
    return logits_.const_data_ptr<float>();
  });
}

void DeviceDecoderLm::ReserveCache(const KvPool& pool) {
  const at::IntArrayRef sizes = cache_.defined() ? cache_.sizes() : at::IntArrayRef();
  if (!sizes.empty() && sizes[2] == pool.blocks()) return;
  cache_ = at::Tensor();  // before the new one comes
  // Zeros, since what is never written is multiplied by a weight of zero.
  cache_ = at::zeros({static_cast<int64_t>(spec_.layers.size()), 2, pool.blocks(), kBlockTokens,
                      spec_.kv_heads, spec_.head_size},
                     at::TensorOptions().dtype(type_).device(device_));
}

DeviceDecoderLm::Pass DeviceDecoderLm::MakePass(const Batch& batch) const {
  Pass pass;
  pass.rows = batch.rows();
  std::vector<int64_t> positions(batch.positions.begin(), batch.positions.end());
  std::vector<int64_t> slots;
  for (const BatchSlice& slice : batch.slices) {
    for (int64_t i = 0; i < slice.rows; ++i) {
      const int64_t position = slice.first_position + i;
      slots.push_back(slice.blocks[static_cast<size_t>(position / kBlockTokens)] * kBlockTokens +
                      position % kBlockTokens);
    }
  }
  pass.slots = LongsOn(device_, slots);
  positions.resize(static_cast<size_t>(cpu::RoundUp(pass.rows, kProductRows)), 0);
  pass.positions = LongsOn(device_, positions);
  const at::Tensor at = pass.positions.to(at::kFloat).unsqueeze(1);
  for (size_t i = 0; i < inverse_frequencies_.size(); ++i) {
    const at::Tensor angles = at * inverse_frequencies_[i].unsqueeze(0);
    pass.cosines.push_back(angles.cos().mul_(attention_factors_[i]).unsqueeze(1));
    pass.sines.push_back(angles.sin().mul_(attention_factors_[i]).unsqueeze(1));
  }
  return pass;
}

at::Tensor DeviceDecoderLm::Product(const DeviceLinear& linear, const at::Tensor& input) const {
  return ProductOnDevice(linear, input, type_);
}

at::Tensor DeviceDecoderLm::WholeProduct(const DeviceLinear& linear, const at::Tensor& input,
                                         int64_t columns) {
  return gather_.Columns(Product(linear, input), DeviceBounds(columns, gather_.share()));
}

at::Tensor DeviceDecoderLm::NormedOr(const DeviceNorm& norm, const at::Tensor& hidden) const {
  return norm.defined() ? norm.Apply(hidden) : hidden;
}

at::Tensor DeviceDecoderLm::Embed(const Batch& batch, const Pass& pass) const {
  std::vector<int64_t> ids(batch.token_ids.begin(), batch.token_ids.end());
  ids.resize(static_cast<size_t>(pass.positions.size(0)), 0);
  at::Tensor hidden = weights_.embedding.parts.front().ReadRows(LongsOn(device_, ids));
  if (spec_.embedding_scale != 1.0f) {
    hidden.mul_(at::scalar_tensor(spec_.embedding_scale).to(type_).to(at::kFloat).item());
  }
  if (weights_.embedding_projection.defined()) {
    hidden = Product(weights_.embedding_projection, hidden);
  }
  if (weights_.positions.defined()) {
    hidden =
        hidden + weights_.positions.parts.front().ReadRows(pass.positions + spec_.position_offset);
  }
  return NormedOr(weights_.embedding_norm, hidden);
}

at::Tensor DeviceDecoderLm::Rotate(const at::Tensor& heads, const Pass& pass, int rotary) const {
  if (rotary < 0 || pass.cosines.empty()) return heads;
  const at::Tensor& cosine = pass.cosines[static_cast<size_t>(rotary)];
  const at::Tensor& sine = pass.sines[static_cast<size_t>(rotary)];
  const int64_t half = cosine.size(2);
  const at::Tensor first = heads.narrow(2, 0, half);
  const at::Tensor second = heads.narrow(2, half, half);
  std::vector<at::Tensor> parts = {first * cosine - second * sine, second * cosine + first * sine};
  if (2 * half < spec_.head_size) {
    parts.push_back(heads.narrow(2, 2 * half, spec_.head_size - 2 * half));
  }
  return at::cat(parts, 2);
}

at::Tensor DeviceDecoderLm::Project(const Batch& batch, const Pass& pass, int64_t layer,
                                    const at::Tensor& hidden) {
  const DeviceLayerWeights& weights = weights_.layers[static_cast<size_t>(layer)];
  const int rotary = spec_.layers[static_cast<size_t>(layer)].rotary;
  const bool norm_before =
      spec_.residual == Residual::kSequential || spec_.residual == Residual::kParallel;
  at::Tensor heads =
      Product(weights.qkv, norm_before ? NormedOr(weights.attention_norm, hidden) : hidden)
          .view({hidden.size(0), -1, spec_.head_size});
  if (spec_.clip > 0.0f) heads = heads.clamp(-spec_.clip, spec_.clip);
  at::Tensor queries = NormedOr(weights.query_norm, heads.narrow(1, 0, spec_.heads));
  at::Tensor keys = NormedOr(weights.key_norm, heads.narrow(1, spec_.heads, spec_.kv_heads));
  const at::Tensor values = heads.narrow(1, spec_.heads + spec_.kv_heads, spec_.kv_heads);
  queries = Rotate(queries, pass, rotary);
  keys = Rotate(keys, pass, rotary);
  const at::Tensor cache = cache_.select(0, layer);
  const auto write = [&](int64_t part, const at::Tensor& rows) {
    cache.select(0, part)
        .view({-1, spec_.kv_heads, spec_.head_size})
        .index_copy_(0, pass.slots, rows.narrow(0, 0, pass.rows).to(type_));
  };
  write(0, keys);
  write(1, values);
  for (const BlockCopy& copy : batch.copies) {
    cache.select(1, copy.to)
        .narrow(1, 0, copy.tokens)
        .copy_(cache.select(1, copy.from).narrow(1, 0, copy.tokens));
  }
  return queries.to(type_);
}

at::Tensor DeviceDecoderLm::FeedForward(int64_t index, const at::Tensor& input) {
  const DeviceLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  at::Tensor up = Product(layer.up, input);
  if (layer.gated) {
    const int64_t size = up.size(1) / 2;
    up = Activate(spec_.activation, up.narrow(1, 0, size)) * up.narrow(1, size, size);
  } else {
    up = Activate(spec_.activation, up);
  }
  const int64_t inner = spec_.layers[static_cast<size_t>(index)].up.row_count();
  up = gather_.Columns(up.to(type_), DeviceBounds(inner, gather_.share()));
  return NormedOr(layer.feed_forward_output_norm, WholeProduct(layer.down, up, spec_.hidden_size));
}

at::Tensor DeviceDecoderLm::LayerOutput(int64_t index, at::Tensor hidden,
                                        const at::Tensor& attended) {
  const DeviceLayerWeights& layer = weights_.layers[static_cast<size_t>(index)];
  const at::Tensor attention = NormedOr(
      layer.attention_output_norm,
      WholeProduct(layer.attention_output, gather_.Columns(attended.to(type_), attended_bounds_),
                   spec_.hidden_size));
  switch (spec_.residual) {
    case Residual::kSequential:
      hidden = hidden + attention;
      return hidden + FeedForward(index, NormedOr(layer.feed_forward_norm, hidden));
    case Residual::kParallel: {
      const DeviceNorm& norm =
          layer.feed_forward_norm.defined() ? layer.feed_forward_norm : layer.attention_norm;
      return hidden + attention + FeedForward(index, NormedOr(norm, hidden));
    }
    case Residual::kNormedBehind:
      hidden = NormedOr(layer.attention_norm, hidden + attention);
      return NormedOr(layer.feed_forward_norm, hidden + FeedForward(index, hidden));
    case Residual::kNormedStream:
      hidden = NormedOr(layer.feed_forward_norm, hidden + attention);
      return hidden + FeedForward(index, hidden);
  }
  return hidden;
}

void DeviceDecoderLm::ForwardOrThrow(const Batch& batch, const KvPool& pool) {
  ReserveCache(pool);
  if (!batch.fresh_blocks.empty()) {
    cache_.index_fill_(2, LongsOn(device_, {batch.fresh_blocks.begin(), batch.fresh_blocks.end()}),
                       0);
  }
  const Pass pass = MakePass(batch);
  std::vector<int64_t> all(static_cast<size_t>(pass.rows));
  std::iota(all.begin(), all.end(), int64_t{0});
  const DeviceAttentionPlan plan(batch, all, device_);
  const DeviceAttentionPlan last_plan(batch, batch.output_rows, device_);
  DeviceAttentionShape shape = {
      .heads = spec_.heads,
      .kv_heads = spec_.kv_heads,
      .head_size = spec_.head_size,
      .scale = spec_.score_scale > 0 ? spec_.score_scale
                                     : 1.0f / std::sqrt(static_cast<float>(spec_.head_size)),
      .score_cap = spec_.score_cap,
      .position_bias = spec_.position_bias.has_value() ? &*spec_.position_bias : nullptr};

  at::Tensor hidden = Embed(batch, pass);
  const int64_t layers = static_cast<int64_t>(spec_.layers.size());
  for (int64_t i = 0; i < layers; ++i) {
    if (spec_.residual == Residual::kNormedStream) {
      hidden = NormedOr(weights_.layers[static_cast<size_t>(i)].attention_norm, hidden);
    }
    const at::Tensor queries = Project(batch, pass, i, hidden);
    shape.window = spec_.layers[static_cast<size_t>(i)].window;
    const bool last = i + 1 == layers;
    const at::Tensor attended = (last ? last_plan : plan)
                                    .Attend(shape, queries, cache_.select(0, i).select(0, 0),
                                            cache_.select(0, i).select(0, 1));
    // Behind the last layer's keys and values only rows that are asked for matter.
    hidden = last ? hidden.index_select(0, LongsOn(device_, batch.output_rows))
                  : hidden.narrow(0, 0, pass.rows);
    hidden = PadRows(LayerOutput(i, hidden, attended));
  }
  hidden = NormedOr(weights_.final_norm, hidden);
  if (weights_.output_projection.defined()) hidden = Product(weights_.output_projection, hidden);
  final_ = hidden.to(type_);
}

absl::StatusOr<std::unique_ptr<CausalLm>> LoadDeviceDecoder(const Checkpoint& checkpoint,
                                                            const DecoderSpec& spec,
                                                            Precision precision,
                                                            const Device& device,
                                                            DeviceGroup* group) {
  const at::Device at = device.is_cpu()
                            ? at::Device(at::kCPU)
                            : at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device.index));
  const Share share = group == nullptr ? Share() : group->share();
  ASSAY_ASSIGN_OR_RETURN(const DecoderSpec part, ShareSpec(spec, share));
  DeviceSplit split = {.group = group, .attended_bounds = {}};
  ASSAY_ASSIGN_OR_RETURN(split.attended_bounds, AttendedBounds(spec, share.count));
  return Guarded(checkpoint.path(), [&]() -> absl::StatusOr<std::unique_ptr<CausalLm>> {
    ASSAY_ASSIGN_OR_RETURN(DeviceWeights weights,
                           DeviceWeights::Load(checkpoint, part, precision, at, share));
    return std::make_unique<DeviceDecoderLm>(part, std::move(weights), precision, at,
                                             std::move(split));
  });
}

}  // namespace assay
