// The Llama architecture (Touvron et al. 2023): pre-normalized blocks of grouped-query attention
// with rotary positions and a gated SiLU feed-forward, in every form its checkpoints have: any head
// size, attention and feed-forward biases, tied embeddings, rotary scalings.
#ifndef ASSAY_WORKER_MODEL_LLAMA_H_
#define ASSAY_WORKER_MODEL_LLAMA_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "worker/layers/rotary_embedding.h"
#include "worker/model/decoder.h"
#include "worker/weights/checkpoint.h"

namespace assay {

struct LlamaConfig {
  int64_t vocabulary_size = 0;
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t layers = 0;
  int64_t heads = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  int64_t context_length = 0;
  float norm_epsilon = 0;
  RotaryConfig rotary;
  bool tied_embeddings = false;

  // From Hugging Face's keys. InvalidArgument names the field.
  static absl::StatusOr<LlamaConfig> Parse(const Checkpoint& checkpoint);
  // All but the activation, of which families differ.
  static absl::StatusOr<LlamaConfig> ParseSizes(const Checkpoint& checkpoint);
};

// For families that differ from Llama in little.
DecoderSpec LlamaDecoder(const LlamaConfig& config);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_LLAMA_H_
