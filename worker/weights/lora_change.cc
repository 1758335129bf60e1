#include "worker/weights/lora_change.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/base/status_macros.h"

namespace assay {
namespace {

// Rows [begin, end), by default all.
absl::Status Read(const Checkpoint& reader, const StoredTensor& tensor, std::vector<float>* values,
                  int64_t begin = 0, int64_t end = -1) {
  if (end < 0) end = tensor.shape[0];
  const int64_t columns = tensor.shape.size() < 2 ? 1 : tensor.shape[1];
  values->resize(static_cast<size_t>((end - begin) * columns));
  return reader.ReadRows(tensor, begin, end, values->data());
}

absl::Status AddBias(const Checkpoint& reader, const LoraChange& change, int64_t begin, int64_t end,
                     float* out) {
  std::vector<float> bias;
  ASSAY_RETURN_IF_ERROR(Read(reader, *change.bias, &bias, begin, end));
  for (const float value : bias) *out++ += change.scale * value;
  return absl::OkStatus();
}

absl::Status AddRows(const Checkpoint& reader, const LoraChange& change, int64_t begin, int64_t end,
                     float* out) {
  const int64_t rank = change.a->shape[0], columns = change.a->shape[1];
  std::vector<float> a, b, magnitudes;
  ASSAY_RETURN_IF_ERROR(Read(reader, *change.a, &a));
  ASSAY_RETURN_IF_ERROR(Read(reader, *change.b, &b, begin, end));
  if (change.magnitude != nullptr) {
    ASSAY_RETURN_IF_ERROR(Read(reader, *change.magnitude, &magnitudes, begin, end));
  }
  std::vector<float> sums(static_cast<size_t>(columns));
  for (int64_t row = 0; row < end - begin; ++row, out += columns) {
    std::fill(sums.begin(), sums.end(), 0.0f);
    for (int64_t j = 0; j < rank; ++j) {
      const float factor = b[static_cast<size_t>(row * rank + j)];
      const float* values = a.data() + j * columns;
      for (int64_t k = 0; k < columns; ++k) sums[static_cast<size_t>(k)] += factor * values[k];
    }
    double squares = 0;
    for (int64_t k = 0; k < columns; ++k) {
      out[k] += change.scale * sums[static_cast<size_t>(k)];
      squares += static_cast<double>(out[k]) * static_cast<double>(out[k]);
    }
    if (change.magnitude == nullptr || squares == 0) continue;
    const double length = magnitudes[static_cast<size_t>(row)];
    const float factor = static_cast<float>(length / std::sqrt(squares));
    for (int64_t k = 0; k < columns; ++k) out[k] *= factor;
  }
  return absl::OkStatus();
}

absl::Status AddColumns(const Checkpoint& reader, const LoraChange& change, int64_t begin,
                        int64_t end, float* out) {
  const int64_t rank = change.a->shape[0], rows = change.a->shape[1], columns = change.b->shape[0];
  std::vector<float> a, b;
  ASSAY_RETURN_IF_ERROR(Read(reader, *change.a, &a));
  ASSAY_RETURN_IF_ERROR(Read(reader, *change.b, &b));
  for (int64_t row = begin; row < end; ++row, out += columns) {
    for (int64_t k = 0; k < columns; ++k) {
      float sum = 0;
      for (int64_t j = 0; j < rank; ++j) {
        sum += b[static_cast<size_t>(k * rank + j)] * a[static_cast<size_t>(j * rows + row)];
      }
      out[k] += change.scale * sum;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status LoraChange::Apply(const Checkpoint& reader, int64_t begin, int64_t end,
                               float* out) const {
  if (bias != nullptr) return AddBias(reader, *this, begin, end, out);
  return transposed ? AddColumns(reader, *this, begin, end, out)
                    : AddRows(reader, *this, begin, end, out);
}

}  // namespace assay
