#include "worker/model/device_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

#include "common/base/status_macros.h"
#include "worker/layers/activations.h"

namespace assay {
namespace {

// Rows that are in memory as float32 at one time.
constexpr int64_t kRowsAtOnce = 1024;

class Loader {
 public:
  Loader(const Checkpoint& checkpoint, const DecoderSpec& spec, Precision precision,
         at::Device device)
      : checkpoint_(checkpoint), spec_(spec), type_(ScalarTypeOf(precision)), device_(device) {}

  // The parts one below the other.
  absl::StatusOr<DeviceLinear> Linear(const std::vector<LinearPart>& parts) {
    std::vector<at::Tensor> weights, biases;
    bool any_bias = false;
    for (const LinearPart& part : parts) {
      if (part.name.empty()) continue;
      std::vector<const StoredTensor*> tensors;
      ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint_, part, &tensors));
      ASSAY_ASSIGN_OR_RETURN(at::Tensor weight, Read(*tensors.front()));
      if (part.transposed && tensors.front()->quantized == nullptr) weight = weight.t();
      const at::Tensor rows = Rows(part);
      weights.push_back(rows.defined() ? weight.index_select(0, rows) : weight);
      at::Tensor bias = at::zeros({part.row_count()}, at::kFloat);
      if (tensors.size() > 1) {
        any_bias = true;
        ASSAY_ASSIGN_OR_RETURN(bias, ReadFloats(*tensors.back()));
        if (rows.defined()) bias = bias.index_select(0, rows);
      }
      biases.push_back(bias);
    }
    DeviceLinear linear;
    if (weights.empty()) return linear;
    linear.weight = ToDevice(at::cat(weights, 0).contiguous());
    if (any_bias) linear.bias = ToDevice(at::cat(biases, 0));
    return linear;
  }

  absl::StatusOr<DeviceNorm> Norm(const std::string& name, int64_t size, const NormKind& kind) {
    DeviceNorm norm;
    if (name.empty()) return norm;
    std::vector<const StoredTensor*> tensors;
    ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint_, name, size, kind, &tensors));
    norm.kind = kind;
    at::Tensor weight = at::ones({size}, at::kFloat);
    at::Tensor bias = at::zeros({size}, at::kFloat);
    if (kind.has_weight) {
      ASSAY_ASSIGN_OR_RETURN(weight, ReadFloats(*tensors.front()));
    }
    if (kind.has_bias) {
      ASSAY_ASSIGN_OR_RETURN(bias, ReadFloats(*tensors.back()));
    }
    if (kind.form == NormKind::Form::kRmsPlusOne) weight = weight + 1.0;
    norm.weight = ToDevice(weight);
    if (kind.form == NormKind::Form::kLayer) norm.bias = ToDevice(bias);
    return norm;
  }

  absl::StatusOr<DeviceLayerWeights> Layer(const DecoderLayerSpec& layer) {
    DeviceLayerWeights weights;
    const auto norm = [&](const std::string& name) {
      return Norm(name, spec_.hidden_size, spec_.norm);
    };
    const auto head_norm = [&](const std::string& name) {
      return Norm(name, spec_.head_size, spec_.head_norm);
    };
    ASSAY_ASSIGN_OR_RETURN(weights.attention_norm, norm(layer.attention_norm));
    ASSAY_ASSIGN_OR_RETURN(weights.qkv, Linear({layer.queries, layer.keys, layer.values}));
    ASSAY_ASSIGN_OR_RETURN(weights.query_norm, head_norm(layer.query_norm));
    ASSAY_ASSIGN_OR_RETURN(weights.key_norm, head_norm(layer.key_norm));
    ASSAY_ASSIGN_OR_RETURN(weights.attention_output, Linear({layer.attention_output}));
    ASSAY_ASSIGN_OR_RETURN(weights.attention_output_norm, norm(layer.attention_output_norm));
    ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_norm, norm(layer.feed_forward_norm));
    weights.gated = !layer.gate.name.empty();
    ASSAY_ASSIGN_OR_RETURN(weights.up, Linear({layer.gate, layer.up}));
    ASSAY_ASSIGN_OR_RETURN(weights.down, Linear({layer.down}));
    ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_output_norm, norm(layer.feed_forward_output_norm));
    return weights;
  }

  int64_t bytes() const { return bytes_; }

 private:
  static at::Tensor Rows(const LinearPart& part) {
    return part.rows.empty() ? at::Tensor() : at::tensor(part.rows, at::kLong);
  }

  absl::StatusOr<at::Tensor> ReadFloats(const StoredTensor& tensor) const {
    at::Tensor values = at::empty(tensor.shape, at::kFloat);
    ASSAY_RETURN_IF_ERROR(
        checkpoint_.ReadRows(tensor, 0, tensor.shape.front(), values.mutable_data_ptr<float>()));
    return values;
  }

  // A matrix in the compute type.
  absl::StatusOr<at::Tensor> Read(const StoredTensor& tensor) const {
    const int64_t rows = tensor.shape.at(0);
    const int64_t columns = tensor.shape.at(1);
    at::Tensor matrix = at::empty({rows, columns}, type_);
    at::Tensor values = at::empty({std::min(kRowsAtOnce, rows), columns}, at::kFloat);
    for (int64_t first = 0; first < rows; first += kRowsAtOnce) {
      const int64_t count = std::min(kRowsAtOnce, rows - first);
      ASSAY_RETURN_IF_ERROR(
          checkpoint_.ReadRows(tensor, first, first + count, values.mutable_data_ptr<float>()));
      matrix.narrow(0, first, count).copy_(values.narrow(0, 0, count));
    }
    checkpoint_.ReleaseMemory();
    return matrix;
  }

  at::Tensor ToDevice(const at::Tensor& tensor) {
    bytes_ += static_cast<int64_t>(tensor.nbytes());
    return tensor.to(device_);
  }

  const Checkpoint& checkpoint_;
  const DecoderSpec& spec_;
  const at::ScalarType type_;
  const at::Device device_;
  int64_t bytes_ = 0;
};

}  // namespace

at::Tensor DeviceNorm::Apply(const at::Tensor& rows) const {
  const int64_t size = weight.size(0);
  if (kind.form == NormKind::Form::kLayer) {
    return at::layer_norm(rows, {size}, weight, bias, kind.epsilon);
  }
  return at::rms_norm(rows, {size}, weight, kind.epsilon);
}

absl::StatusOr<DeviceWeights> DeviceWeights::Load(const Checkpoint& checkpoint,
                                                  const DecoderSpec& spec, Precision precision,
                                                  at::Device device) {
  Loader loader(checkpoint, spec, precision, device);
  DeviceWeights weights;
  ASSAY_ASSIGN_OR_RETURN(weights.embedding, loader.Linear({spec.embedding}));
  ASSAY_ASSIGN_OR_RETURN(weights.head, loader.Linear({spec.head}));
  ASSAY_ASSIGN_OR_RETURN(weights.positions, loader.Linear({spec.positions}));
  ASSAY_ASSIGN_OR_RETURN(weights.embedding_projection, loader.Linear({spec.embedding_projection}));
  ASSAY_ASSIGN_OR_RETURN(weights.output_projection, loader.Linear({spec.output_projection}));
  ASSAY_ASSIGN_OR_RETURN(weights.embedding_norm,
                         loader.Norm(spec.embedding_norm, spec.hidden_size, spec.norm));
  ASSAY_ASSIGN_OR_RETURN(weights.final_norm,
                         loader.Norm(spec.final_norm, spec.hidden_size, spec.norm));
  for (const DecoderLayerSpec& layer : spec.layers) {
    ASSAY_ASSIGN_OR_RETURN(weights.layers.emplace_back(), loader.Layer(layer));
  }
  weights.bytes = loader.bytes();
  return weights;
}

}  // namespace assay
