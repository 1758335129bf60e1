#include "worker/model/device_matrix.h"

#include <ATen/ATen.h>

namespace assay {
namespace {

at::Tensor RowsOf(const at::Tensor& tensor, const at::Tensor& rows) {
  return tensor.defined() ? tensor.index_select(0, rows) : tensor;
}

at::Tensor ToOrUndefined(const at::Tensor& tensor, at::Device device) {
  return tensor.defined() ? tensor.to(device) : tensor;
}

at::Tensor FloatsOf(const std::vector<float>& values, int64_t rows) {
  return at::tensor(values, at::kFloat).view({rows, -1});
}

}  // namespace

DeviceMatrix DeviceMatrix::Plain(const at::Tensor& weight) {
  DeviceMatrix matrix;
  matrix.in_ = weight.size(1);
  matrix.values_ = weight.contiguous();
  return matrix;
}

DeviceMatrix DeviceMatrix::EightBits(const at::Tensor& weight) {
  const at::Tensor greatest = weight.size(1) == 0 ? at::zeros({weight.size(0), 1}, at::kFloat)
                                                  : weight.abs().amax({1}, /*keepdim=*/true);
  const at::Tensor inverse =
      at::where(greatest > 0, at::full_like(greatest, 127.0).div(greatest), 0.0);
  DeviceMatrix matrix;
  matrix.form_ = Form::kEightBits;
  matrix.in_ = weight.size(1);
  matrix.values_ = (weight * inverse).round_().clamp_(-127.0, 127.0).to(at::kChar);
  matrix.scales_ = greatest.div(127.0).view({-1});
  return matrix;
}

DeviceMatrix DeviceMatrix::FourBits(const FourBitWeights& weights) {
  DeviceMatrix matrix;
  matrix.form_ = Form::kFourBits;
  matrix.in_ = weights.in;
  matrix.values_ = at::tensor(weights.values, at::kByte).view({weights.out, -1});
  matrix.scales_ = FloatsOf(weights.scales, weights.out);
  if (!weights.zeros.empty()) matrix.zeros_ = FloatsOf(weights.zeros, weights.out);
  if (!weights.table.empty()) matrix.table_ = at::tensor(weights.table, at::kFloat);
  matrix.group_of_ = at::tensor(weights.group_of, at::kLong);
  return matrix;
}

int64_t DeviceMatrix::bytes() const {
  int64_t bytes = 0;
  for (const at::Tensor* tensor : {&values_, &scales_, &zeros_, &table_, &group_of_}) {
    if (tensor->defined()) bytes += static_cast<int64_t>(tensor->nbytes());
  }
  return bytes;
}

DeviceMatrix DeviceMatrix::Rows(const at::Tensor& rows) const {
  DeviceMatrix matrix = *this;
  matrix.values_ = RowsOf(values_, rows);
  matrix.scales_ = RowsOf(scales_, rows);
  matrix.zeros_ = RowsOf(zeros_, rows);
  return matrix;
}

DeviceMatrix DeviceMatrix::To(at::Device device) const {
  DeviceMatrix matrix = *this;
  for (at::Tensor* tensor :
       {&matrix.values_, &matrix.scales_, &matrix.zeros_, &matrix.table_, &matrix.group_of_}) {
    *tensor = ToOrUndefined(*tensor, device);
  }
  return matrix;
}

at::Tensor DeviceMatrix::Float32() const {
  if (form_ == Form::kPlain) return values_.to(at::kFloat);
  if (form_ == Form::kEightBits) return values_.to(at::kFloat) * scales_.unsqueeze(1);
  const at::Tensor nibbles = at::stack({values_.bitwise_and(15), values_.bitwise_right_shift(4)}, 2)
                                 .view({out(), -1})
                                 .narrow(1, 0, in_);
  at::Tensor weight =
      table_.defined()
          ? table_.index_select(0, nibbles.reshape({-1}).to(at::kLong)).view({out(), in_})
          : nibbles.to(at::kFloat);
  if (zeros_.defined()) weight = weight - zeros_.index_select(1, group_of_);
  return weight * scales_.index_select(1, group_of_);
}

at::Tensor DeviceMatrix::ReadRows(const at::Tensor& rows) const { return Rows(rows).Float32(); }

at::Tensor DeviceMatrix::Weight(at::ScalarType type) const {
  return form_ == Form::kPlain ? values_.to(type) : Float32().to(type);
}

}  // namespace assay
