// The forward passes of RWKV-4.
#ifndef ASSAY_WORKER_MODEL_RWKV_LM_H_
#define ASSAY_WORKER_MODEL_RWKV_LM_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/activations.h"
#include "worker/layers/stages.h"
#include "worker/layers/state_plan.h"
#include "worker/model/causal_lm.h"
#include "worker/model/rwkv_weights.h"

namespace assay {

class RwkvLm : public CausalLm {
 public:
  RwkvLm(RwkvSpec spec, RwkvWeights weights, Precision precision);

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  KvLayout kv_layout() const override;
  int64_t weight_bytes() const override { return weights_.bytes(); }
  absl::Status Forward(const Batch& batch, KvPool* pool) override;
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override;

 private:
  // What a pass works on, [rows, …]. The inputs of matrix products are of the compute type, all
  // else is float32. A row of Padded(n) columns is zero behind its n.
  struct Pass {
    const StatePlan* plan;
    KvPool* pool;
    bool together;                               // PassOptions::rows_through_layers
    float* hidden;                               // the residual stream
    float* normed;                               // [Padded(hidden)], of the attention half
    float* feed_forward_normed;                  // [Padded(hidden)]
    void *mix_key, *mix_value, *mix_receptance;  // [Padded(hidden)]
    float *key, *value;                          // [Padded(attention)]
    float* receptance;                           // [Padded(attention)]
    float* gate;     // [hidden], the receptance of the feed-forward half
    void* attended;  // [Padded(attention)]
    void* inner;     // [Padded(intermediate)]
    float* branch;   // [hidden], what a half adds
  };
  // A vector of mixing shares and where the mixture goes.
  struct Mixture {
    const Channels* shares;
    void* out;
  };

  void ForwardOrThrow(const Batch& batch, KvPool* pool);
  void ForwardLayer(int64_t index, const Pass& pass, int64_t rows);
  void Recur(int64_t index, const Pass& pass) const;
  // Keeps what the next tokens' mixtures need of these rows, at this place of the state.
  void KeepRows(int64_t index, const Pass& pass, const float* rows, int64_t at) const;
  Stage Mix(int64_t index, const Pass& pass, const float* rows, int64_t at,
            std::vector<Mixture> mixtures) const;
  // Of the state of a layer: the last row of the attention half's input, the same of the
  // feed-forward half, and numerator, denominator and maximum of the recurrence.
  int64_t feed_forward_at() const { return padded_hidden_; }
  int64_t recurrence_at() const { return 2 * padded_hidden_; }

  const RwkvSpec spec_;
  const Precision precision_;  // of everything but the products' weights
  const RwkvWeights weights_;
  const int64_t padded_hidden_;
  const int64_t padded_attention_;
  const Channels zeros_;  // before a sequence's first row

  ActivationBuffer hidden_, normed_, feed_forward_normed_;
  ActivationBuffer mix_key_, mix_value_, mix_receptance_;
  ActivationBuffer key_, value_, receptance_, gate_, attended_, inner_, branch_;
  ActivationBuffer final_;  // [output rows, hidden], the head's input
  ActivationBuffer logits_;
  const void* final_rows_ = nullptr;
};

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_RWKV_LM_H_
