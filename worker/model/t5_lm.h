// The forward passes of an encoder-decoder of the T5 family.
#ifndef ASSAY_WORKER_MODEL_T5_LM_H_
#define ASSAY_WORKER_MODEL_T5_LM_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/run.h"
#include "worker/layers/activations.h"
#include "worker/layers/attention.h"
#include "worker/layers/relative_bias.h"
#include "worker/layers/stages.h"
#include "worker/model/causal_lm.h"
#include "worker/model/t5_spec.h"
#include "worker/model/t5_weights.h"

namespace assay {

// A block of the cache holds, in the order of the decoder's layers, what their self-attention sees
// of 64 tokens, or what their cross-attention sees of 64 tokens of a prompt. While a prompt is
// encoded, its blocks hold the keys and values of the encoder's layer that is under way.
class T5Lm : public CausalLm {
 public:
  T5Lm(T5Spec spec, T5Weights weights, Precision precision);

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  KvLayout kv_layout() const override;
  int64_t weight_bytes() const override { return weights_.bytes(); }
  std::optional<int32_t> decoder_start_token() const override { return spec_.start_token; }
  absl::Status Forward(const Batch& batch, KvPool* pool) override;
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override;

 private:
  // What a stack works on, [rows, …]. The residual stream is float32 in every precision; the inputs
  // of matrix products are of the compute type, those of the feed-forward layer of its own.
  struct Rows {
    int64_t count = 0;
    float* hidden = nullptr;
    void* normed = nullptr;
    void* queries = nullptr;
    void* attended = nullptr;
    void* feed_forward_normed = nullptr;
    void* gated = nullptr;
  };
  using Stages = std::vector<Stage>;

  AttentionShape Shape(bool of_prompts) const;
  Rows GetRows(int64_t count);
  void ForwardOrThrow(const Batch& batch, KvPool* pool);
  void Encode(const Batch& batch, KvPool* pool);
  void Decode(const Batch& batch, KvPool* pool);
  // The rows of the hidden states that are asked for, `chosen`, go on alone.
  Rows Choose(const Rows& rows, absl::Span<const int64_t> chosen, Stages* stages);
  void Output(const Batch& batch, absl::Span<const int64_t> rows, const float* hidden);
  void LogitsOrThrow(int64_t first, int64_t rows, float* logits) const;

  void AddEmbedding(absl::Span<const int32_t> token_ids, const Rows& rows, Stages* stages) const;
  void AddNorm(const Rows& rows, const Norm& norm, Precision precision, void* out,
               Stages* stages) const;
  // Norm, and the projection to queries (and keys and values, where `linear` has them) of the
  // pool's `layer`.
  void AddHeads(const Rows& rows, const Norm& norm, const Linear& linear, int64_t units,
                int64_t layer, const KvWriter& writer, Stages* stages) const;
  void AddProduct(const Rows& rows, const Linear& linear, const void* input, Stages* stages) const;
  void AddFeedForward(const Rows& rows, const T5LayerWeights& layer, Stages* stages) const;

  const T5Spec spec_;
  const Precision precision_;               // of everything but the products' weights
  const Precision feed_forward_precision_;  // likewise, in the feed-forward layers
  const T5Weights weights_;
  std::vector<RelativeBias> encoder_biases_, decoder_biases_;  // of the first layer, or of each

  ActivationBuffer hidden_;               // [rows, hidden]
  ActivationBuffer output_hidden_;        // [output rows, hidden]
  ActivationBuffer logits_;               // [output rows, vocabulary]
  ActivationBuffer normed_;               // [rows, hidden]
  ActivationBuffer queries_;              // [rows, heads × head_size]
  ActivationBuffer attended_;             // [rows, heads × head_size]
  ActivationBuffer feed_forward_normed_;  // [rows, hidden], where that is of another type
  ActivationBuffer gated_;                // [rows, intermediate]
  ActivationBuffer final_;                // [output rows, hidden]
  const void* final_rows_ = nullptr;      // the head's input
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_T5_LM_H_
