#include "worker/model/decoder_weights.h"

#include <set>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/weight_panels.h"

namespace assay {
namespace {

absl::StatusOr<std::optional<Norm>> LoadNorm(const Checkpoint& checkpoint, const std::string& name,
                                             int64_t size, const NormKind& kind) {
  if (name.empty()) return std::nullopt;
  ASSAY_ASSIGN_OR_RETURN(Norm norm, Norm::Load(checkpoint, name, size, kind));
  return norm;
}

absl::StatusOr<std::optional<Linear>> LoadLinear(const Checkpoint& checkpoint,
                                                 const LinearPart& part, Precision precision,
                                                 const Share& share = {}) {
  if (part.name.empty()) return std::nullopt;
  ASSAY_ASSIGN_OR_RETURN(Linear linear, Linear::Load(checkpoint, {part}, precision, share));
  return linear;
}

absl::StatusOr<DecoderLayerWeights> LoadLayer(const Checkpoint& checkpoint, const DecoderSpec& spec,
                                              const DecoderLayerSpec& layer, Precision precision,
                                              const Share& share) {
  DecoderLayerWeights weights;
  const auto norm = [&](const std::string& name) {
    return LoadNorm(checkpoint, name, spec.hidden_size, spec.norm);
  };
  const auto head_norm = [&](const std::string& name) {
    return LoadNorm(checkpoint, name, spec.head_size, spec.head_norm);
  };
  ASSAY_ASSIGN_OR_RETURN(weights.attention_norm, norm(layer.attention_norm));
  ASSAY_ASSIGN_OR_RETURN(weights.qkv,
                         Linear::LoadHeads(checkpoint, {layer.queries, layer.keys, layer.values},
                                           spec.head_size, precision));
  ASSAY_ASSIGN_OR_RETURN(weights.query_norm, head_norm(layer.query_norm));
  ASSAY_ASSIGN_OR_RETURN(weights.key_norm, head_norm(layer.key_norm));
  ASSAY_ASSIGN_OR_RETURN(weights.attention_output,
                         Linear::Load(checkpoint, {layer.attention_output}, precision, share));
  ASSAY_ASSIGN_OR_RETURN(weights.attention_output_norm, norm(layer.attention_output_norm));
  ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_norm, norm(layer.feed_forward_norm));
  if (layer.gate.name.empty()) {
    ASSAY_ASSIGN_OR_RETURN(weights.up, Linear::Load(checkpoint, {layer.up}, precision, share));
  } else {
    ASSAY_ASSIGN_OR_RETURN(weights.up,
                           Linear::LoadGated(checkpoint, layer.gate, layer.up, precision, share));
  }
  ASSAY_ASSIGN_OR_RETURN(weights.down, Linear::Load(checkpoint, {layer.down}, precision, share));
  ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_output_norm, norm(layer.feed_forward_output_norm));
  return weights;
}

int64_t BytesOf(const std::optional<Linear>& linear) {
  return linear.has_value() ? linear->bytes() : 0;
}

}  // namespace

absl::StatusOr<DecoderWeights> DecoderWeights::Load(const Checkpoint& checkpoint,
                                                    const DecoderSpec& spec, Precision precision,
                                                    const Share& share) {
  DecoderWeights weights;
  const Precision outside = OutsidePrecision(precision);
  ASSAY_ASSIGN_OR_RETURN(weights.embedding, Linear::Load(checkpoint, {spec.embedding}, outside));
  ASSAY_ASSIGN_OR_RETURN(weights.head, LoadLinear(checkpoint, spec.head, outside, share));
  if (!share.whole() && !weights.head.has_value()) {
    ASSAY_ASSIGN_OR_RETURN(weights.head, LoadLinear(checkpoint, spec.embedding, outside, share));
  }
  // Positions are added, not multiplied: weights of 8 bits do not serve here.
  ASSAY_ASSIGN_OR_RETURN(weights.positions,
                         LoadLinear(checkpoint, spec.positions, cpu::ComputeType(precision)));
  ASSAY_ASSIGN_OR_RETURN(weights.embedding_projection,
                         LoadLinear(checkpoint, spec.embedding_projection, precision));
  ASSAY_ASSIGN_OR_RETURN(weights.output_projection,
                         LoadLinear(checkpoint, spec.output_projection, precision));
  ASSAY_ASSIGN_OR_RETURN(weights.embedding_norm,
                         LoadNorm(checkpoint, spec.embedding_norm, spec.hidden_size, spec.norm));
  ASSAY_ASSIGN_OR_RETURN(weights.final_norm,
                         LoadNorm(checkpoint, spec.final_norm, spec.hidden_size, spec.norm));
  for (const DecoderLayerSpec& layer : spec.layers) {
    ASSAY_ASSIGN_OR_RETURN(weights.layers.emplace_back(),
                           LoadLayer(checkpoint, spec, layer, precision, share));
  }
  return weights;
}

int64_t DecoderWeights::bytes() const {
  int64_t bytes = embedding.bytes() + BytesOf(positions) + BytesOf(embedding_projection) +
                  BytesOf(output_projection) + BytesOf(head);
  for (const DecoderLayerWeights& layer : layers) {
    bytes +=
        layer.qkv.bytes() + layer.attention_output.bytes() + layer.up.bytes() + layer.down.bytes();
  }
  return bytes;
}

absl::StatusOr<int64_t> CheckDecoderTensors(const Checkpoint& checkpoint, const DecoderSpec& spec) {
  std::vector<const StoredTensor*> tensors;
  const auto linear = [&](const LinearPart& part) {
    return part.name.empty() ? absl::OkStatus() : FindTensors(checkpoint, part, &tensors);
  };
  const auto norm = [&](const std::string& name) {
    return name.empty() ? absl::OkStatus()
                        : FindTensors(checkpoint, name, spec.hidden_size, spec.norm, &tensors);
  };
  const auto head_norm = [&](const std::string& name) {
    return name.empty() ? absl::OkStatus()
                        : FindTensors(checkpoint, name, spec.head_size, spec.head_norm, &tensors);
  };
  for (const LinearPart* part : {&spec.embedding, &spec.head, &spec.positions,
                                 &spec.embedding_projection, &spec.output_projection}) {
    ASSAY_RETURN_IF_ERROR(linear(*part));
  }
  ASSAY_RETURN_IF_ERROR(norm(spec.embedding_norm));
  ASSAY_RETURN_IF_ERROR(norm(spec.final_norm));
  for (const DecoderLayerSpec& layer : spec.layers) {
    for (const std::string* name : {&layer.attention_norm, &layer.attention_output_norm,
                                    &layer.feed_forward_norm, &layer.feed_forward_output_norm}) {
      ASSAY_RETURN_IF_ERROR(norm(*name));
    }
    for (const LinearPart* part : {&layer.queries, &layer.keys, &layer.values,
                                   &layer.attention_output, &layer.gate, &layer.up, &layer.down}) {
      ASSAY_RETURN_IF_ERROR(linear(*part));
    }
    ASSAY_RETURN_IF_ERROR(head_norm(layer.query_norm));
    ASSAY_RETURN_IF_ERROR(head_norm(layer.key_norm));
  }
  return CountParameters(tensors);
}

int64_t CountParameters(const std::vector<const StoredTensor*>& tensors) {
  const std::set<const StoredTensor*> distinct(tensors.begin(), tensors.end());
  int64_t parameters = 0;
  for (const StoredTensor* tensor : distinct) {
    int64_t count = 1;
    for (const int64_t size : tensor->shape) count *= size;
    parameters += count;
  }
  return parameters;
}

}  // namespace assay
