// The weights of an encoder-decoder of the T5 family in the form its passes use.
#ifndef ASSAY_WORKER_MODEL_T5_WEIGHTS_H_
#define ASSAY_WORKER_MODEL_T5_WEIGHTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/model/t5_spec.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// What the feed-forward layers compute in. Their inner values go beyond float16 (transformers keeps
// one of their matrices in float32 for that reason), so there it is float32.
inline constexpr Precision T5FeedForwardPrecision(Precision precision) {
  return cpu::ComputeType(precision) == Precision::kFloat16 ? Precision::kFloat32 : precision;
}

struct T5CrossAttentionWeights {
  Norm norm;
  Linear queries;
  Linear keys_values;  // of the encoder's states, stacked by heads
  Linear output;
};

struct T5LayerWeights {
  Norm attention_norm;
  Linear qkv;  // queries, keys and values, stacked by heads
  Linear attention_output;
  std::optional<T5CrossAttentionWeights> cross_attention;
  Norm feed_forward_norm;
  Linear up;  // with the gate's rows between where the layer is gated
  Linear down;
};

struct T5StackWeights {
  std::vector<T5LayerWeights> layers;
  // [buckets, heads] each: of the first layer, or of every layer where they differ.
  std::vector<std::vector<float>> relative_biases;
  Norm final_norm;
};

struct T5Weights {
  Linear embedding;  // [vocabulary, hidden]; the head as well where there is no other
  std::optional<Linear> head;
  T5StackWeights encoder, decoder;

  // The tensors must have been checked (CheckT5Tensors). Errors are those of reading.
  static absl::StatusOr<T5Weights> Load(const Checkpoint& checkpoint, const T5Spec& spec,
                                        Precision precision);
  int64_t bytes() const;  // of the matrices
};

// That every tensor of the model is there with its shape; returns the number of parameters.
absl::StatusOr<int64_t> CheckT5Tensors(const Checkpoint& checkpoint, const T5Spec& spec);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_T5_WEIGHTS_H_
