// The weights of a decoder in the form its passes use.
#ifndef ASSAY_WORKER_MODEL_DECODER_WEIGHTS_H_
#define ASSAY_WORKER_MODEL_DECODER_WEIGHTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/model/decoder.h"
#include "worker/parallel/tensor_parallel.h"
#include "worker/weights/checkpoint.h"

namespace assay {

struct DecoderLayerWeights {
  std::optional<Norm> attention_norm;
  Linear qkv;  // queries, keys and values, stacked by heads
  std::optional<Norm> query_norm, key_norm;
  Linear attention_output;
  std::optional<Norm> attention_output_norm;
  std::optional<Norm> feed_forward_norm;
  Linear up;  // with the gate's rows between where the layer is gated
  Linear down;
  std::optional<Norm> feed_forward_output_norm;
};

struct DecoderWeights {
  Linear embedding;  // [vocabulary, width]; the head as well where there is no other
  std::optional<Linear> positions;
  std::optional<Linear> embedding_projection;
  std::optional<Norm> embedding_norm;
  std::vector<DecoderLayerWeights> layers;
  std::optional<Norm> final_norm;
  std::optional<Linear> output_projection;
  std::optional<Linear> head;

  // The tensors must have been checked (CheckDecoderTensors). Errors are those of reading. Of a
  // share only its columns of what the layers and the head are multiplied with; `spec` is then that
  // of its heads (decoder_share.h).
  static absl::StatusOr<DecoderWeights> Load(const Checkpoint& checkpoint, const DecoderSpec& spec,
                                             Precision precision, const Share& share = {});
  int64_t bytes() const;  // of the matrices
};

// That every tensor of the decoder is there with its shape; returns the number of parameters.
absl::StatusOr<int64_t> CheckDecoderTensors(const Checkpoint& checkpoint, const DecoderSpec& spec);
// The values of these tensors, of each of them once: parts may share a tensor.
int64_t CountParameters(const std::vector<const StoredTensor*>& tensors);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DECODER_WEIGHTS_H_
