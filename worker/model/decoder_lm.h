// The forward passes of a decoder.
#ifndef ASSAY_WORKER_MODEL_DECODER_LM_H_
#define ASSAY_WORKER_MODEL_DECODER_LM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/run.h"
#include "worker/layers/activations.h"
#include "worker/layers/attention.h"
#include "worker/layers/column_gather.h"
#include "worker/layers/position_bias.h"
#include "worker/layers/rotary_embedding.h"
#include "worker/layers/stages.h"
#include "worker/model/causal_lm.h"
#include "worker/model/decoder.h"
#include "worker/model/decoder_share.h"
#include "worker/model/decoder_weights.h"

namespace assay {

class DecoderLm : public CausalLm {
 public:
  // Of a model that several processes compute, `spec` and `weights` are this process's share
  // (decoder_share.h); `split` must outlive the model.
  DecoderLm(DecoderSpec spec, DecoderWeights weights, Precision precision,
            std::optional<DecoderSplit> split = std::nullopt);

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  KvLayout kv_layout() const override;
  int64_t weight_bytes() const override { return weights_.bytes(); }
  absl::StatusOr<int64_t> BidirectionalPrefix(absl::Span<const int32_t> prompt) const override;
  absl::Status Forward(const Batch& batch, KvPool* pool) override;
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override;

 private:
  // What a pass works on, [rows, …]. The residual stream is float32 in every precision; the inputs
  // of matrix products are of the compute type.
  struct Pass {
    int64_t rows;
    bool together;  // RunStages
    float* hidden;
    float* branch;  // what a layer's half adds, before it is normalized
    void* normed;
    void* queries;
    void* attended;
    void* gated;
    const KvWriter* writer;
    std::vector<RotaryAngles> angles;  // of each of spec_.rotary
  };
  using Plans = std::map<int64_t, AttentionPlan>;  // by the layers' windows

  AttentionShape Shape(int64_t window) const;
  void ForwardOrThrow(const Batch& batch, KvPool* pool);
  void LastLayer(const Batch& batch, absl::Span<const int64_t> rows, Pass pass, KvPool* pool);
  void Output(const Batch& batch, absl::Span<const int64_t> rows, const float* hidden);
  void LogitsOrThrow(int64_t first, int64_t rows, float* logits) const;

  std::vector<Stage> Embed(const Batch& batch, const Pass& pass);
  void AddAttentionInput(const Pass& pass, int64_t index, std::vector<Stage>* stages) const;
  void AddAttentionOutput(const Pass& pass, int64_t index, std::vector<Stage>* stages) const;
  void AddNorm(const Pass& pass, const std::optional<Norm>& norm, std::vector<Stage>* stages) const;
  void AddStreamNorm(const Pass& pass, const std::optional<Norm>& norm,
                     std::vector<Stage>* stages) const;
  void AddNormedStream(const Pass& pass, const std::optional<Norm>& norm,
                       std::vector<Stage>* stages) const;
  void AddProduct(const Pass& pass, const Linear& linear, const void* input,
                  const std::optional<Norm>& norm, std::vector<Stage>* stages) const;
  void AddFeedForward(const Pass& pass, int64_t index, std::vector<Stage>* stages) const;
  // What attention saw in the heads of `shape`, for all heads: in pass.attended.
  void Attend(const AttentionPlan& plan, int64_t layer, const Pass& pass);
  // Runs the stages so far, and brings the columns that the other processes have computed. Nothing
  // where there are none. Throws when the group fails.
  void GatherStream(const Pass& pass, float* stream, std::vector<Stage>* stages) const;
  void GatherActivated(const Pass& pass, std::vector<Stage>* stages) const;
  void GatherOrThrow(const MatrixView& mine, int64_t first_column, const MatrixView& all,
                     int64_t rows, const std::vector<int64_t>& bounds) const;
  MatrixView ProductInput(void* data, int64_t columns) const;

  const DecoderSpec spec_;
  const Precision precision_;  // of everything but the products' weights
  const DecoderWeights weights_;
  const std::optional<DecoderSplit> split_;
  const std::unique_ptr<ColumnGather> gather_;  // null: this process computes alone
  float embedding_scale_;
  bool has_output_norms_ = false;
  std::vector<RotaryEmbedding> rotary_;
  std::optional<PositionBias> position_bias_;

  ActivationBuffer hidden_;         // [rows, hidden]
  ActivationBuffer branch_;         // [rows, hidden], where some layer has norms behind its halves
  ActivationBuffer output_hidden_;  // [output rows, hidden]
  ActivationBuffer logits_;         // [output rows, vocabulary]
  ActivationBuffer normed_;         // [rows, hidden]
  ActivationBuffer queries_;        // [rows, heads × head_size]
  ActivationBuffer attended_;       // [rows, heads × head_size]
  ActivationBuffer own_attended_;   // of this process's heads, where there are other processes
  ActivationBuffer gated_;          // [rows, intermediate]
  ActivationBuffer embedded_;       // [rows, width of the embedding], where it is projected
  ActivationBuffer final_;          // [output rows, hidden]
  ActivationBuffer projection_;     // [output rows, width of the embedding], float32
  ActivationBuffer projected_;      // the same as the head's input
  const void* final_rows_ = nullptr;                 // the head's input
  std::vector<std::vector<float>> cosines_, sines_;  // of each of rotary_
  std::vector<int32_t> grid_positions_;              // [rows, 2], where the prompt is a prefix
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DECODER_LM_H_
