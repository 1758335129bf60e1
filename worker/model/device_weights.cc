#include "worker/model/device_weights.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/layers/activations.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/weight_panels.h"
#include "worker/model/config_fields.h"
#include "worker/weights/quantization_config.h"

namespace assay {
namespace {

// Rows that are in memory as float32 at one time.
constexpr int64_t kRowsAtOnce = 1024;

// Columns of a share are whole vectors of this many.
constexpr int64_t kShareColumns = 8;

class Loader {
 public:
  Loader(const Checkpoint& checkpoint, const DecoderSpec& spec, Precision precision,
         at::Device device, const Share& share)
      : checkpoint_(checkpoint),
        spec_(spec),
        precision_(precision),
        device_(device),
        share_(share) {}

  // The parts one below the other, in this precision.
  absl::StatusOr<DeviceLinear> Linear(const std::vector<LinearPart>& parts, Precision precision) {
    DeviceLinear linear;
    std::vector<at::Tensor> biases;
    bool any_bias = false, all_quantized = true;
    for (const LinearPart& part : parts) {
      if (part.name.empty()) continue;
      std::vector<const StoredTensor*> tensors;
      ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint_, part, &tensors));
      all_quantized &= tensors.front()->quantized != nullptr;
    }
    if (precision == Precision::kLlmInt8 && IsInt8Folder(checkpoint_.config()) && !all_quantized) {
      precision = cpu::ComputeType(precision);
    }
    for (const LinearPart& part : parts) {
      if (part.name.empty()) continue;
      std::vector<const StoredTensor*> tensors;
      ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint_, part, &tensors));
      ASSAY_ASSIGN_OR_RETURN(const DeviceMatrix matrix, Matrix(part, *tensors.front(), precision));
      linear.parts.push_back(matrix.To(device_));
      bytes_ += matrix.bytes();
      at::Tensor bias = at::zeros({part.row_count()}, at::kFloat);
      if (tensors.size() > 1) {
        any_bias = true;
        ASSAY_ASSIGN_OR_RETURN(bias, ReadFloats(*tensors.back()));
        const at::Tensor rows = Rows(part);
        if (rows.defined()) bias = bias.index_select(0, rows);
      }
      biases.push_back(bias);
    }
    if (any_bias) linear.bias = ToDevice(at::cat(biases, 0));
    if (precision == Precision::kLlmInt8 && linear.defined()) {
      if (linear.parts.front().in() > cpu::kMostLlmInt8Depth) {
        return absl::UnimplementedError(absl::StrCat(
            checkpoint_.path(), ": ", parts.front().name, " has ", linear.parts.front().in(),
            " columns; llm-int8 sums at most ", cpu::kMostLlmInt8Depth));
      }
      // Without a threshold only what is not finite is an outlier.
      const float threshold = LlmInt8Threshold(checkpoint_.config());
      linear.outlier_threshold = threshold > 0 ? threshold : std::numeric_limits<float>::infinity();
    }
    return linear;
  }
  absl::StatusOr<DeviceLinear> Linear(const std::vector<LinearPart>& parts) {
    return Linear(parts, precision_);
  }
  // Of each part the columns (rows of the stored matrix) of this share.
  absl::StatusOr<DeviceLinear> SharedLinear(std::vector<LinearPart> parts, Precision precision) {
    std::erase_if(parts, [](const LinearPart& part) { return part.name.empty(); });
    if (parts.empty() || share_.whole()) return Linear(parts, precision);
    for (LinearPart& part : parts) {
      if (TakeShare(&part)) continue;
      DeviceLinear none;
      none.parts.push_back(DeviceMatrix::Plain(
          at::empty({0, part.in}, at::TensorOptions().dtype(at::kFloat).device(device_))));
      return none;
    }
    return Linear(parts, precision);
  }
  absl::StatusOr<DeviceLinear> SharedLinear(const std::vector<LinearPart>& parts) {
    return SharedLinear(parts, precision_);
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
    ASSAY_ASSIGN_OR_RETURN(weights.attention_output, SharedLinear({layer.attention_output}));
    ASSAY_ASSIGN_OR_RETURN(weights.attention_output_norm, norm(layer.attention_output_norm));
    ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_norm, norm(layer.feed_forward_norm));
    weights.gated = !layer.gate.name.empty();
    ASSAY_ASSIGN_OR_RETURN(weights.up, SharedLinear({layer.gate, layer.up}));
    ASSAY_ASSIGN_OR_RETURN(weights.down, SharedLinear({layer.down}));
    ASSAY_ASSIGN_OR_RETURN(weights.feed_forward_output_norm, norm(layer.feed_forward_output_norm));
    return weights;
  }

  int64_t bytes() const { return bytes_; }

 private:
  // Undefined: all.
  static at::Tensor Rows(const LinearPart& part) {
    return part.rows.empty() ? at::Tensor() : at::tensor(part.rows, at::kLong);
  }

  // False where there is nothing for this share.
  bool TakeShare(LinearPart* part) const {
    const std::vector<int64_t> bounds = DeviceBounds(part->row_count(), share_);
    const size_t mine = static_cast<size_t>(share_.index);
    std::vector<int64_t> rows = RowRun(bounds[mine], bounds[mine + 1] - bounds[mine]);
    if (!part->rows.empty()) {
      for (int64_t& row : rows) row = part->rows[static_cast<size_t>(row)];
    }
    part->rows = std::move(rows);
    return !part->rows.empty();
  }

  absl::StatusOr<at::Tensor> ReadFloats(const StoredTensor& tensor) const {
    at::Tensor values = at::empty(tensor.shape, at::kFloat);
    ASSAY_RETURN_IF_ERROR(
        checkpoint_.ReadRows(tensor, 0, tensor.shape.front(), values.mutable_data_ptr<float>()));
    return values;
  }

  absl::StatusOr<DeviceMatrix> Matrix(const LinearPart& part, const StoredTensor& tensor,
                                      Precision precision) const {
    const at::Tensor rows = Rows(part);
    if (!HasScales(precision)) {
      const std::optional<FourBitWeights> four = checkpoint_.ReadFourBits(tensor);
      if (four.has_value()) {
        const DeviceMatrix matrix = DeviceMatrix::FourBits(*four);
        return rows.defined() ? matrix.Rows(rows) : matrix;
      }
    }
    const bool eight_bits = HasScales(precision);
    ASSAY_ASSIGN_OR_RETURN(at::Tensor weight,
                           Read(tensor, eight_bits ? at::kFloat : ScalarTypeOf(precision)));
    if (part.transposed && tensor.quantized == nullptr) weight = weight.t();
    if (rows.defined()) weight = weight.index_select(0, rows);
    return eight_bits ? DeviceMatrix::EightBits(weight) : DeviceMatrix::Plain(weight);
  }

  absl::StatusOr<at::Tensor> Read(const StoredTensor& tensor, at::ScalarType type) const {
    const int64_t rows = tensor.shape.at(0);
    const int64_t columns = tensor.shape.at(1);
    at::Tensor matrix = at::empty({rows, columns}, type);
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
  const Precision precision_;
  const at::Device device_;
  const Share share_;
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

int64_t DeviceLinear::out() const {
  int64_t out = 0;
  for (const DeviceMatrix& part : parts) out += part.out();
  return out;
}

at::Tensor DeviceLinear::Weight(at::ScalarType type) const {
  if (parts.size() == 1) return parts.front().Weight(type);
  std::vector<at::Tensor> weights;
  for (const DeviceMatrix& part : parts) weights.push_back(part.Weight(type));
  return at::cat(weights, 0);
}

std::vector<int64_t> DeviceBounds(int64_t columns, const Share& share) {
  return PanelBounds(columns, kShareColumns, share.count);
}

absl::StatusOr<DeviceWeights> DeviceWeights::Load(const Checkpoint& checkpoint,
                                                  const DecoderSpec& spec, Precision precision,
                                                  at::Device device, const Share& share) {
  Loader loader(checkpoint, spec, precision, device, share);
  const Precision outside = OutsidePrecision(precision);
  DeviceWeights weights;
  ASSAY_ASSIGN_OR_RETURN(weights.embedding, loader.Linear({spec.embedding}, outside));
  ASSAY_ASSIGN_OR_RETURN(weights.head, loader.SharedLinear({spec.head}, outside));
  if (!share.whole() && !weights.head.defined()) {
    ASSAY_ASSIGN_OR_RETURN(weights.head, loader.SharedLinear({spec.embedding}, outside));
  }
  // Positions are added, not multiplied.
  ASSAY_ASSIGN_OR_RETURN(weights.positions,
                         loader.Linear({spec.positions}, cpu::ComputeType(precision)));
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
