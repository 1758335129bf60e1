#include "worker/model/rwkv_weights.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/weight_panels.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder_weights.h"

namespace assay {
namespace {

// The names of a layer's tensors.
struct LayerNames {
  LayerNames(const RwkvNames& names, int64_t index)
      : layer(absl::StrCat(names.blocks, index, ".")),
        attention(absl::StrCat(layer, names.attention)),
        feed_forward(absl::StrCat(layer, names.feed_forward)) {}

  std::string layer, attention, feed_forward;
};

// A layer's matrices and vectors, each with where it goes.
struct MatrixPart {
  LinearPart part;
  Linear RwkvLayerWeights::*to;
};
struct ChannelsPart {
  std::string name;
  std::vector<int64_t> shape;
  Channels RwkvLayerWeights::*to;
};

std::vector<MatrixPart> Matrices(const RwkvSpec& spec, const LayerNames& names) {
  const int64_t hidden = spec.hidden_size, attention = spec.attention_size;
  const int64_t inner = spec.intermediate_size;
  using Layer = RwkvLayerWeights;
  return {
      {Matrix(names.attention + "key", attention, hidden), &Layer::key},
      {Matrix(names.attention + "value", attention, hidden), &Layer::value},
      {Matrix(names.attention + "receptance", attention, hidden), &Layer::receptance},
      {Matrix(names.attention + "output", hidden, attention), &Layer::output},
      {Matrix(names.feed_forward + "key", inner, hidden), &Layer::feed_forward_key},
      {Matrix(names.feed_forward + "receptance", hidden, hidden), &Layer::feed_forward_receptance},
      {Matrix(names.feed_forward + "value", hidden, inner), &Layer::feed_forward_value},
  };
}

std::vector<ChannelsPart> Vectors(const RwkvSpec& spec, const LayerNames& names) {
  const std::vector<int64_t> mix = {1, 1, spec.hidden_size};
  using Layer = RwkvLayerWeights;
  return {
      {names.attention + "time_decay", {spec.attention_size}, &Layer::decay},
      {names.attention + "time_first", {spec.attention_size}, &Layer::first},
      {names.attention + spec.names.mix_key, mix, &Layer::mix_key},
      {names.attention + spec.names.mix_value, mix, &Layer::mix_value},
      {names.attention + spec.names.mix_receptance, mix, &Layer::mix_receptance},
      {names.feed_forward + spec.names.mix_key, mix, &Layer::feed_forward_mix_key},
      {names.feed_forward + spec.names.mix_receptance, mix, &Layer::feed_forward_mix_receptance},
  };
}

absl::StatusOr<const StoredTensor*> FindVector(const Checkpoint& checkpoint,
                                               const ChannelsPart& part) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, checkpoint.Find(part.name));
  if (tensor->shape != part.shape) {
    return absl::InvalidArgumentError(
        absl::StrCat(tensor->file, ": tensor ", part.name, " has the shape [",
                     absl::StrJoin(tensor->shape, ", "), "]; by the config it should be [",
                     absl::StrJoin(part.shape, ", "), "]"));
  }
  return tensor;
}

absl::StatusOr<Channels> LoadVector(const Checkpoint& checkpoint, const ChannelsPart& part) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, FindVector(checkpoint, part));
  Channels values(static_cast<size_t>(cpu::Padded(part.shape.back())), 0.0f);
  ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*tensor, 0, part.shape.front(), values.data()));
  return values;
}

std::string NormName(const LayerNames& names, const char* name) {
  return absl::StrCat(names.layer, name);
}

absl::StatusOr<RwkvLayerWeights> LoadLayer(const Checkpoint& checkpoint, const RwkvSpec& spec,
                                           int64_t index, Precision precision) {
  const LayerNames names(spec.names, index);
  RwkvLayerWeights layer;
  ASSAY_ASSIGN_OR_RETURN(layer.attention_norm, Norm::Load(checkpoint, NormName(names, "ln1"),
                                                          spec.hidden_size, spec.norm));
  ASSAY_ASSIGN_OR_RETURN(layer.feed_forward_norm, Norm::Load(checkpoint, NormName(names, "ln2"),
                                                             spec.hidden_size, spec.norm));
  for (const MatrixPart& matrix : Matrices(spec, names)) {
    ASSAY_ASSIGN_OR_RETURN(layer.*matrix.to, Linear::Load(checkpoint, {matrix.part}, precision));
  }
  for (const ChannelsPart& vector : Vectors(spec, names)) {
    ASSAY_ASSIGN_OR_RETURN(layer.*vector.to, LoadVector(checkpoint, vector));
  }
  for (float& value : layer.decay) value = -std::exp(value);
  return layer;
}

LinearPart HeadPart(const RwkvSpec& spec) {
  return Matrix(spec.names.head, spec.vocabulary_size, spec.hidden_size);
}
LinearPart EmbeddingPart(const RwkvSpec& spec) {
  return Matrix(spec.names.embedding, spec.vocabulary_size, spec.hidden_size);
}

}  // namespace

absl::StatusOr<RwkvWeights> RwkvWeights::Load(const Checkpoint& checkpoint, const RwkvSpec& spec,
                                              Precision precision) {
  RwkvWeights weights;
  const Precision outside = OutsidePrecision(precision);
  ASSAY_ASSIGN_OR_RETURN(weights.embedding,
                         Linear::Load(checkpoint, {EmbeddingPart(spec)}, outside));
  if (!spec.tied_head) {
    ASSAY_ASSIGN_OR_RETURN(weights.head, Linear::Load(checkpoint, {HeadPart(spec)}, outside));
  }
  ASSAY_ASSIGN_OR_RETURN(weights.embedding_norm, Norm::Load(checkpoint, spec.names.embedding_norm,
                                                            spec.hidden_size, spec.norm));
  ASSAY_ASSIGN_OR_RETURN(weights.final_norm, Norm::Load(checkpoint, spec.names.final_norm,
                                                        spec.hidden_size, spec.norm));
  for (int64_t i = 0; i < spec.layers; ++i) {
    ASSAY_ASSIGN_OR_RETURN(weights.layers.emplace_back(),
                           LoadLayer(checkpoint, spec, i, precision));
  }
  return weights;
}

int64_t RwkvWeights::bytes() const {
  int64_t bytes = embedding.bytes() + (head.has_value() ? head->bytes() : 0);
  for (const RwkvLayerWeights& layer : layers) {
    for (const Linear* linear :
         {&layer.key, &layer.value, &layer.receptance, &layer.output, &layer.feed_forward_key,
          &layer.feed_forward_value, &layer.feed_forward_receptance}) {
      bytes += linear->bytes();
    }
  }
  return bytes;
}

absl::StatusOr<int64_t> CheckRwkvTensors(const Checkpoint& checkpoint, const RwkvSpec& spec) {
  std::vector<const StoredTensor*> tensors;
  const auto norm = [&](const std::string& name) {
    return FindTensors(checkpoint, name, spec.hidden_size, spec.norm, &tensors);
  };
  ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint, EmbeddingPart(spec), &tensors));
  if (!spec.tied_head) ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint, HeadPart(spec), &tensors));
  ASSAY_RETURN_IF_ERROR(norm(spec.names.embedding_norm));
  ASSAY_RETURN_IF_ERROR(norm(spec.names.final_norm));
  for (int64_t i = 0; i < spec.layers; ++i) {
    const LayerNames names(spec.names, i);
    ASSAY_RETURN_IF_ERROR(norm(NormName(names, "ln1")));
    ASSAY_RETURN_IF_ERROR(norm(NormName(names, "ln2")));
    for (const MatrixPart& matrix : Matrices(spec, names)) {
      ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint, matrix.part, &tensors));
    }
    for (const ChannelsPart& vector : Vectors(spec, names)) {
      ASSAY_ASSIGN_OR_RETURN(tensors.emplace_back(), FindVector(checkpoint, vector));
    }
  }
  return CountParameters(tensors);
}

}  // namespace assay
