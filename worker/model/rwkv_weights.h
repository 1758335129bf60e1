// What an RWKV-4 model is made of, and its weights in the form its passes use.
#ifndef ASSAY_WORKER_MODEL_RWKV_WEIGHTS_H_
#define ASSAY_WORKER_MODEL_RWKV_WEIGHTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// The parts of tensors' names: transformers', or those of the original files.
struct RwkvNames {
  std::string embedding, blocks, embedding_norm, attention, feed_forward, final_norm, head;
  std::string mix_key, mix_value, mix_receptance;
};

struct RwkvSpec {
  int64_t vocabulary_size = 0;
  int64_t hidden_size = 0;
  int64_t attention_size = 0;
  int64_t intermediate_size = 0;
  int64_t layers = 0;
  int64_t context_length = 0;
  // Behind so many layers the stream is halved, and what the layers add to it is as much smaller;
  // 0: never.
  int64_t rescale_every = 0;
  bool tied_head = false;
  NormKind norm;
  RwkvNames names;
};

// Values of channels, padded with zeros to a multiple of cpu::kDepthStep.
using Channels = std::vector<float>;

struct RwkvLayerWeights {
  Norm attention_norm, feed_forward_norm;
  // A token's share in the mixture with the token before it.
  Channels mix_key, mix_value, mix_receptance;
  Channels decay;  // -e^time_decay
  Channels first;
  Linear key, value, receptance, output;
  Channels feed_forward_mix_key, feed_forward_mix_receptance;
  Linear feed_forward_key, feed_forward_value, feed_forward_receptance;
};

struct RwkvWeights {
  Linear embedding;  // [vocabulary, hidden]; the head as well where there is no other
  Norm embedding_norm;
  std::vector<RwkvLayerWeights> layers;
  Norm final_norm;
  std::optional<Linear> head;

  // The tensors must have been checked. Errors are those of reading.
  static absl::StatusOr<RwkvWeights> Load(const Checkpoint& checkpoint, const RwkvSpec& spec,
                                          Precision precision);
  int64_t bytes() const;  // of the matrices
};

// That every tensor is there with its shape; returns the number of parameters.
absl::StatusOr<int64_t> CheckRwkvTensors(const Checkpoint& checkpoint, const RwkvSpec& spec);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_RWKV_WEIGHTS_H_
