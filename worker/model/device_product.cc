#include "worker/model/device_product.h"

#include <ATen/ATen.h>

#include <vector>

#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

// What at::_int_mm takes on CUDA: sizes that are multiples of this.
constexpr int64_t kIntegerStep = 8;

// [rows, out] of rows and weight [out, in] of one type; float32 sums. `rows` are kProductRows.
void MultiplyInto(const at::Tensor& rows, const at::Tensor& weight, at::Tensor out) {
  const at::Tensor columns = weight.t();
  if (rows.scalar_type() == at::kFloat) {
    at::mm_outf(rows, columns, out);
  } else if (rows.is_cuda()) {
    at::mm_outf(rows, columns, at::kFloat, out);
  } else {
    at::mm_outf(rows.to(at::kFloat), columns.to(at::kFloat), out);
  }
}

at::Tensor PadTo(const at::Tensor& matrix, int64_t rows, int64_t columns) {
  const int64_t more_rows = rows - matrix.size(0), more_columns = columns - matrix.size(1);
  if (more_rows == 0 && more_columns == 0) return matrix;
  return at::constant_pad_nd(matrix, {0, more_columns, 0, more_rows});
}

// Sums of whole numbers, exact.
at::Tensor MultiplyIntegers(const at::Tensor& rows, const at::Tensor& weight) {
  const int64_t in = cpu::RoundUp(rows.size(1), kIntegerStep);
  const int64_t out = cpu::RoundUp(weight.size(0), kIntegerStep);
  return at::_int_mm(PadTo(rows, rows.size(0), in), PadTo(weight, out, in).t())
      .narrow(1, 0, weight.size(0));
}

// Rows in 8 bits, and what is left out of them.
struct EightBitRows {
  at::Tensor whole_numbers;  // int8 [rows, in]
  at::Tensor scales;         // float32 [rows, 1]
  at::Tensor outliers;       // of the input's type, zero where there is none
};

EightBitRows Quantize(const at::Tensor& rows, float threshold) {
  const at::Tensor values = rows.to(at::kFloat);
  const at::Tensor inside = values.abs() < threshold;
  const at::Tensor kept = at::where(inside, values, 0.0);
  const at::Tensor greatest = kept.abs().amax({1}, /*keepdim=*/true);
  const at::Tensor inverse =
      at::where(greatest > 0, at::full_like(greatest, 127.0).div(greatest), 0.0);
  return {(kept * inverse).round_().to(at::kChar), greatest.div(127.0),
          at::where(inside, 0.0, values).to(rows.scalar_type())};
}

void MultiplyEightBits(const DeviceLinear& linear, const at::Tensor& rows, at::Tensor out) {
  const EightBitRows quantized = Quantize(rows, linear.outlier_threshold);
  int64_t column = 0;
  for (const DeviceMatrix& part : linear.parts) {
    const at::Tensor& weight = part.whole_numbers();
    at::Tensor high = at::empty({rows.size(0), part.out()}, out.options());
    MultiplyInto(quantized.outliers, weight.to(rows.scalar_type()), high);
    const at::Tensor low =
        MultiplyIntegers(quantized.whole_numbers, weight).to(at::kFloat) * quantized.scales;
    out.narrow(1, column, part.out()).copy_((low + high) * part.scales());
    column += part.out();
  }
}

}  // namespace

at::Tensor PadRows(const at::Tensor& rows) {
  const int64_t missing = cpu::RoundUp(rows.size(0), kProductRows) - rows.size(0);
  return missing == 0 ? rows : at::constant_pad_nd(rows, {0, 0, 0, missing});
}

at::Tensor ProductOnDevice(const DeviceLinear& linear, const at::Tensor& input,
                           at::ScalarType type) {
  const at::Tensor rows = PadRows(input.to(type));
  const int64_t columns = linear.out();
  at::Tensor out = at::empty({rows.size(0), columns},
                             at::TensorOptions().dtype(at::kFloat).device(rows.device()));
  if (columns == 0) return out.narrow(0, 0, input.size(0));
  const bool eight_bits = linear.outlier_threshold > 0;
  const at::Tensor weight = eight_bits ? at::Tensor() : linear.Weight(type);
  for (int64_t first = 0; first < rows.size(0); first += kProductRows) {
    const at::Tensor some = rows.narrow(0, first, kProductRows);
    const at::Tensor part = out.narrow(0, first, kProductRows);
    if (eight_bits) {
      MultiplyEightBits(linear, some, part);
    } else {
      MultiplyInto(some, weight, part);
    }
  }
  if (linear.bias.defined()) out.add_(linear.bias);
  return out.narrow(0, 0, input.size(0));
}

}  // namespace assay
