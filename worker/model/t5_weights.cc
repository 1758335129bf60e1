#include "worker/model/t5_weights.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/layers/weight_panels.h"
#include "worker/model/decoder_weights.h"

namespace assay {
namespace {

absl::StatusOr<const StoredTensor*> FindRelativeBias(const Checkpoint& checkpoint,
                                                     const std::string& name, int64_t buckets,
                                                     int64_t heads) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor,
                         checkpoint.Find(absl::StrCat(name, ".weight")));
  if (tensor->shape != std::vector<int64_t>{buckets, heads}) {
    return absl::InvalidArgumentError(
        absl::StrCat(tensor->file, ": tensor ", tensor->name, " has the shape [",
                     absl::StrJoin(tensor->shape, ", "), "]; by the config it should be [", buckets,
                     ", ", heads, "] (relative_attention_num_buckets, num_heads)"));
  }
  return tensor;
}

absl::StatusOr<T5LayerWeights> LoadLayer(const Checkpoint& checkpoint, const T5Spec& spec,
                                         const T5LayerSpec& layer, Precision precision) {
  T5LayerWeights weights;
  const auto norm = [&](const std::string& name) {
    return Norm::Load(checkpoint, name, spec.hidden_size, spec.norm);
  };
  const auto heads = [&](const std::vector<LinearPart>& parts) {
    return Linear::LoadHeads(checkpoint, parts, spec.head_size, precision);
  };
  const T5AttentionSpec& own = layer.attention;
  ASSAY_ASSIGN_OR_RETURN(weights.attention_norm, norm(own.norm));
  ASSAY_ASSIGN_OR_RETURN(weights.qkv, heads({own.queries, own.keys, own.values}));
  ASSAY_ASSIGN_OR_RETURN(weights.attention_output,
                         Linear::Load(checkpoint, {own.output}, precision));
  const T5AttentionSpec& cross = layer.cross_attention;
  if (!cross.norm.empty()) {
    T5CrossAttentionWeights& loaded = weights.cross_attention.emplace();
    ASSAY_ASSIGN_OR_RETURN(loaded.norm, norm(cross.norm));
    ASSAY_ASSIGN_OR_RETURN(loaded.queries, heads({cross.queries}));
    ASSAY_ASSIGN_OR_RETURN(loaded.keys_values, heads({cross.keys, cross.values}));
    ASSAY_ASSIGN_OR_RETURN(loaded.output, Linear::Load(checkpoint, {cross.output}, precision));
  }
  const Precision inner = T5FeedForwardPrecision(precision);
  ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_norm, norm(layer.feed_forward_norm));
  if (layer.gate.name.empty()) {
    ASSAY_ASSIGN_OR_RETURN(weights.up, Linear::Load(checkpoint, {layer.up}, inner));
  } else {
    ASSAY_ASSIGN_OR_RETURN(weights.up, Linear::LoadGated(checkpoint, layer.gate, layer.up, inner));
  }
  ASSAY_ASSIGN_OR_RETURN(weights.down, Linear::Load(checkpoint, {layer.down}, inner));
  return weights;
}

absl::StatusOr<T5StackWeights> LoadStack(const Checkpoint& checkpoint, const T5Spec& spec,
                                         const T5StackSpec& stack, Precision precision) {
  T5StackWeights weights;
  for (const T5LayerSpec& layer : stack.layers) {
    ASSAY_ASSIGN_OR_RETURN(weights.layers.emplace_back(),
                           LoadLayer(checkpoint, spec, layer, precision));
    if (layer.relative_bias.empty()) continue;
    const int64_t buckets = stack.buckets.count;
    ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor,
                           FindRelativeBias(checkpoint, layer.relative_bias, buckets, spec.heads));
    std::vector<float>& bias = weights.relative_biases.emplace_back();
    bias.resize(static_cast<size_t>(buckets * spec.heads));
    ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*tensor, 0, buckets, bias.data()));
  }
  ASSAY_ASSIGN_OR_RETURN(weights.final_norm,
                         Norm::Load(checkpoint, stack.final_norm, spec.hidden_size, spec.norm));
  return weights;
}

int64_t BytesOf(const T5StackWeights& stack) {
  int64_t bytes = 0;
  for (const T5LayerWeights& layer : stack.layers) {
    bytes +=
        layer.qkv.bytes() + layer.attention_output.bytes() + layer.up.bytes() + layer.down.bytes();
    if (!layer.cross_attention.has_value()) continue;
    const T5CrossAttentionWeights& cross = *layer.cross_attention;
    bytes += cross.queries.bytes() + cross.keys_values.bytes() + cross.output.bytes();
  }
  return bytes;
}

}  // namespace

absl::StatusOr<T5Weights> T5Weights::Load(const Checkpoint& checkpoint, const T5Spec& spec,
                                          Precision precision) {
  T5Weights weights;
  const Precision outside = OutsidePrecision(precision);
  ASSAY_ASSIGN_OR_RETURN(weights.embedding, Linear::Load(checkpoint, {spec.embedding}, outside));
  if (!spec.head.name.empty()) {
    ASSAY_ASSIGN_OR_RETURN(weights.head, Linear::Load(checkpoint, {spec.head}, outside));
  }
  ASSAY_ASSIGN_OR_RETURN(weights.encoder, LoadStack(checkpoint, spec, spec.encoder, precision));
  ASSAY_ASSIGN_OR_RETURN(weights.decoder, LoadStack(checkpoint, spec, spec.decoder, precision));
  return weights;
}

int64_t T5Weights::bytes() const {
  return embedding.bytes() + (head.has_value() ? head->bytes() : 0) + BytesOf(encoder) +
         BytesOf(decoder);
}

absl::StatusOr<int64_t> CheckT5Tensors(const Checkpoint& checkpoint, const T5Spec& spec) {
  std::vector<const StoredTensor*> tensors;
  const auto linear = [&](const LinearPart& part) {
    return part.name.empty() ? absl::OkStatus() : FindTensors(checkpoint, part, &tensors);
  };
  const auto norm = [&](const std::string& name) {
    return name.empty() ? absl::OkStatus()
                        : FindTensors(checkpoint, name, spec.hidden_size, spec.norm, &tensors);
  };
  ASSAY_RETURN_IF_ERROR(linear(spec.embedding));
  ASSAY_RETURN_IF_ERROR(linear(spec.head));
  for (const T5StackSpec* stack : {&spec.encoder, &spec.decoder}) {
    ASSAY_RETURN_IF_ERROR(norm(stack->final_norm));
    for (const T5LayerSpec& layer : stack->layers) {
      for (const T5AttentionSpec* attention : {&layer.attention, &layer.cross_attention}) {
        ASSAY_RETURN_IF_ERROR(norm(attention->norm));
        for (const LinearPart* part :
             {&attention->queries, &attention->keys, &attention->values, &attention->output}) {
          ASSAY_RETURN_IF_ERROR(linear(*part));
        }
      }
      ASSAY_RETURN_IF_ERROR(norm(layer.feed_forward_norm));
      for (const LinearPart* part : {&layer.gate, &layer.up, &layer.down}) {
        ASSAY_RETURN_IF_ERROR(linear(*part));
      }
      if (layer.relative_bias.empty()) continue;
      ASSAY_ASSIGN_OR_RETURN(
          tensors.emplace_back(),
          FindRelativeBias(checkpoint, layer.relative_bias, stack->buckets.count, spec.heads));
    }
  }
  return CountParameters(tensors);
}

}  // namespace assay
