// The forward passes of a decoder by libtorch, on any of its devices: what decoder_lm.h does on the
// CPU with kernels of its own. The roundings are the same: inputs of products are of the compute
// type, sums and the residual stream float32.
//
// Products take a fixed number of rows at a time, filled up with zeros, so that a row's bits depend
// on no library's choice by the number of rows. Of a model that is divided among processes each
// computes the columns of its share of every matrix, and attention of its share of the heads.
#ifndef ASSAY_WORKER_MODEL_DEVICE_DECODER_LM_H_
#define ASSAY_WORKER_MODEL_DEVICE_DECODER_LM_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/run.h"
#include "worker/device/device.h"
#include "worker/model/causal_lm.h"
#include "worker/model/decoder.h"
#include "worker/model/device_attention.h"
#include "worker/model/device_gather.h"
#include "worker/model/device_weights.h"
#include "worker/parallel/device_group.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// The processes with which a decoder is divided.
struct DeviceSplit {
  DeviceGroup* group = nullptr;          // null: none
  std::vector<int64_t> attended_bounds;  // columns of attention's output, as PanelBounds has them
};

class DeviceDecoderLm : public CausalLm {
 public:
  // `spec` and `weights` are those of the share.
  DeviceDecoderLm(DecoderSpec spec, DeviceWeights weights, Precision precision, at::Device device,
                  DeviceSplit split = {});

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  KvLayout kv_layout() const override;
  int64_t weight_bytes() const override { return weights_.bytes; }
  // The keys and values are in the device's memory; of `pool` only the number of blocks is used.
  absl::Status Forward(const Batch& batch, KvPool* pool) override;
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override;

 private:
  // The tokens of a pass as the device has them.
  struct Pass {
    int64_t rows = 0;                        // of the batch
    at::Tensor positions;                    // int64 [padded rows]
    at::Tensor slots;                        // int64 [rows]: block × cpu::kBlockTokens + place
    std::vector<at::Tensor> cosines, sines;  // of each of spec_.rotary: [padded rows, 1, half]
  };

  Pass MakePass(const Batch& batch) const;
  void ReserveCache(const KvPool& pool);
  void ForwardOrThrow(const Batch& batch, const KvPool& pool);
  at::Tensor Embed(const Batch& batch, const Pass& pass) const;
  // y = x Wᵀ + b, float32; x: [rows, in], float32 or of the compute type.
  at::Tensor Product(const DeviceLinear& linear, const at::Tensor& input) const;
  // The same of a layer whose `columns` columns are divided: all of them.
  at::Tensor WholeProduct(const DeviceLinear& linear, const at::Tensor& input, int64_t columns);
  at::Tensor NormedOr(const DeviceNorm& norm, const at::Tensor& hidden) const;
  at::Tensor Rotate(const at::Tensor& heads, const Pass& pass, int rotary) const;
  // Puts the layer's keys and values into the cache and returns the queries.
  at::Tensor Project(const Batch& batch, const Pass& pass, int64_t layer, const at::Tensor& hidden);
  at::Tensor FeedForward(int64_t layer, const at::Tensor& input);
  // The stream behind a layer, from the stream before it and what attention saw.
  at::Tensor LayerOutput(int64_t layer, at::Tensor hidden, const at::Tensor& attended);

  const DecoderSpec spec_;
  const Precision precision_;
  const at::ScalarType type_;
  const at::Device device_;
  const DeviceWeights weights_;
  const std::vector<int64_t> attended_bounds_;
  DeviceGather gather_;
  std::vector<at::Tensor> inverse_frequencies_;  // of each of spec_.rotary, float32 [half]
  std::vector<float> attention_factors_;
  at::Tensor cache_;   // [layers, 2, blocks, cpu::kBlockTokens, kv_heads, head_size]
  at::Tensor final_;   // the head's input: [output rows, padded; width]
  at::Tensor logits_;  // float32 on the CPU
};

// The decoder of `spec` on a device, or this process's share of it where `group`, which must
// outlive the model, is not null. The tensors must have been checked. ResourceExhausted when the
// device's memory does not suffice; Unimplemented where it cannot be divided so.
absl::StatusOr<std::unique_ptr<CausalLm>> LoadDeviceDecoder(const Checkpoint& checkpoint,
                                                            const DecoderSpec& spec,
                                                            Precision precision,
                                                            const Device& device,
                                                            DeviceGroup* group);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DEVICE_DECODER_LM_H_
