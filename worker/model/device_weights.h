// The weights of a decoder as tensors on a device, for passes that libtorch computes.
#ifndef ASSAY_WORKER_MODEL_DEVICE_WEIGHTS_H_
#define ASSAY_WORKER_MODEL_DEVICE_WEIGHTS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/linear.h"
#include "worker/layers/norm.h"
#include "worker/model/decoder.h"
#include "worker/model/device_matrix.h"
#include "worker/parallel/tensor_parallel.h"
#include "worker/weights/checkpoint.h"

namespace assay {

// y = x Wᵀ + b. Where it is not there, it has no parts.
struct DeviceLinear {
  std::vector<DeviceMatrix> parts;  // one below the other
  at::Tensor bias;                  // float32 [out] or undefined
  // Of LLM.int8(): from which magnitude on inputs are multiplied as they are; 0: no such layer.
  float outlier_threshold = 0;

  bool defined() const { return !parts.empty(); }
  int64_t out() const;
  // The whole matrix, rounded to `type` once.
  at::Tensor Weight(at::ScalarType type) const;
};

struct DeviceNorm {
  NormKind kind;
  at::Tensor weight;  // float32 [size]
  at::Tensor bias;    // float32 [size], of NormKind::Form::kLayer

  bool defined() const { return weight.defined(); }
  // Of the last dimension; float32 in, float32 out.
  at::Tensor Apply(const at::Tensor& rows) const;
};

struct DeviceLayerWeights {
  DeviceNorm attention_norm;
  DeviceLinear qkv;  // queries, keys and values, one below the other
  DeviceNorm query_norm, key_norm;
  DeviceLinear attention_output;
  DeviceNorm attention_output_norm;
  DeviceNorm feed_forward_norm;
  DeviceLinear up;  // the gate's rows above where the layer is gated
  bool gated = false;
  DeviceLinear down;
  DeviceNorm feed_forward_output_norm;
};

struct DeviceWeights {
  DeviceLinear embedding;  // the head as well where there is no other
  DeviceLinear positions;
  DeviceLinear embedding_projection;
  DeviceNorm embedding_norm;
  std::vector<DeviceLayerWeights> layers;
  DeviceNorm final_norm;
  DeviceLinear output_projection;
  DeviceLinear head;
  int64_t bytes = 0;

  // The tensors must have been checked (CheckDecoderTensors). `spec` has the heads of a share
  // (ShareSpec); of the other matrices the columns of a share are loaded, as DeviceBounds has them.
  // Throws what libtorch throws; other errors are those of reading. Unimplemented for a layer that
  // is too deep for LLM.int8().
  static absl::StatusOr<DeviceWeights> Load(const Checkpoint& checkpoint, const DecoderSpec& spec,
                                            Precision precision, at::Device device,
                                            const Share& share = {});
};

// Where each share's columns of a matrix begin, and where the last's end.
std::vector<int64_t> DeviceBounds(int64_t columns, const Share& share);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DEVICE_WEIGHTS_H_
