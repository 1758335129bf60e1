#include "worker/layers/norm.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

absl::StatusOr<const StoredTensor*> FindVector(const Checkpoint& checkpoint,
                                               const std::string& name, int64_t size) {
  ASSAY_ASSIGN_OR_RETURN(const StoredTensor* tensor, checkpoint.Find(name));
  if (tensor->shape != std::vector<int64_t>{size}) {
    return absl::InvalidArgumentError(absl::StrCat(
        tensor->file, ": tensor ", name, " has the shape [", absl::StrJoin(tensor->shape, ", "),
        "]; by the config it should be [", size, "]"));
  }
  return tensor;
}

}  // namespace

absl::Status FindTensors(const Checkpoint& checkpoint, const std::string& name, int64_t size,
                         const NormKind& kind, std::vector<const StoredTensor*>* tensors) {
  if (kind.has_weight) {
    ASSAY_ASSIGN_OR_RETURN(tensors->emplace_back(),
                           FindVector(checkpoint, absl::StrCat(name, ".weight"), size));
  }
  if (kind.has_bias) {
    ASSAY_ASSIGN_OR_RETURN(tensors->emplace_back(),
                           FindVector(checkpoint, absl::StrCat(name, ".bias"), size));
  }
  return absl::OkStatus();
}

absl::StatusOr<Norm> Norm::Load(const Checkpoint& checkpoint, const std::string& name, int64_t size,
                                const NormKind& kind) {
  std::vector<const StoredTensor*> tensors;
  ASSAY_RETURN_IF_ERROR(FindTensors(checkpoint, name, size, kind, &tensors));
  Norm norm;
  norm.kind_ = kind;
  norm.weight_.assign(static_cast<size_t>(size), 1.0f);
  norm.bias_.assign(static_cast<size_t>(size), 0.0f);
  if (kind.has_weight) {
    ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*tensors.front(), 0, size, norm.weight_.data()));
  }
  if (kind.has_bias) {
    ASSAY_RETURN_IF_ERROR(checkpoint.ReadRows(*tensors.back(), 0, size, norm.bias_.data()));
  }
  if (kind.form == NormKind::Form::kRmsPlusOne) {
    for (float& weight : norm.weight_) weight += 1.0f;
  }
  return norm;
}

void Norm::Apply(Precision precision, const float* row, int64_t padded, void* out,
                 int64_t out_row) const {
  const cpu::Kernels& kernels = cpu::BestKernels();
  if (kind_.form == NormKind::Form::kLayer) {
    kernels.layer_norm(precision, row, weight_.data(), bias_.data(), kind_.epsilon, size(), padded,
                       out, out_row);
  } else {
    kernels.rms_norm(precision, row, weight_.data(), kind_.epsilon, size(), padded, out, out_row);
  }
}

void Norm::Apply(Precision precision, const float* row, void* out, int64_t out_row) const {
  Apply(precision, row, cpu::Padded(size()), out, out_row);
}

void Norm::Apply(float* row) const { Apply(Precision::kFloat32, row, size(), row, 0); }

void StoreInputRow(Precision precision, const float* row, int64_t size, void* out,
                   int64_t out_row) {
  const cpu::Kernels& kernels = cpu::BestKernels();
  const cpu::InputLayout layout = kernels.input_layout(precision);
  const int64_t padded = cpu::Padded(size);
  for (int64_t column = 0; column < padded; column += cpu::kLayoutTileColumns) {
    std::array<float, cpu::kLayoutTileColumns> values{};
    std::copy_n(row + column, std::min(cpu::kLayoutTileColumns, size - column), values.begin());
    const int64_t at = cpu::InputOffset(layout, padded, out_row, column);
    kernels.convert(precision, values.data(), cpu::kLayoutTileColumns,
                    static_cast<char*>(out) + at * cpu::ElementSize(precision));
  }
}

}  // namespace assay
