#include "worker/layers/weight_panels.h"

#include <algorithm>
#include <cmath>

#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

using cpu::kPanel;

constexpr int64_t kHalfPanel = kPanel / 2;

// Where a weight lies in a panel that Kernels::widen_panel reads.
int64_t Int8Index(int64_t k, int64_t column) {
  return k / 2 * 2 * kPanel + column / kHalfPanel * kPanel + k % 2 * kHalfPanel +
         column % kHalfPanel;
}

int64_t EightBitIndex(Precision precision, int64_t k, int64_t column) {
  return precision == Precision::kInt8 ? Int8Index(k, column) : cpu::LlmInt8Index(k, column);
}

void PackEightBits(Precision precision, const float* values, int64_t depth, int64_t padded,
                   int8_t* panel, float* scales) {
  for (int64_t column = 0; column < kPanel; ++column) {
    const float* row = values + column * depth;
    float greatest = 0;
    for (int64_t k = 0; k < depth; ++k) greatest = std::max(greatest, std::abs(row[k]));
    scales[column] = greatest / 127.0f;
    const float inverse = greatest > 0 ? 127.0f / greatest : 0.0f;
    for (int64_t k = 0; k < padded; ++k) {
      const float value = k < depth ? std::nearbyint(row[k] * inverse) : 0.0f;
      panel[EightBitIndex(precision, k, column)] =
          static_cast<int8_t>(std::clamp(value, -127.0f, 127.0f));
    }
  }
}

}  // namespace

Precision OutsidePrecision(Precision precision) {
  return precision == Precision::kLlmInt8 ? cpu::ComputeType(precision) : precision;
}

bool HasScales(Precision precision) {
  return precision == Precision::kInt8 || precision == Precision::kLlmInt8;
}

int64_t PanelBytes(Precision precision, int64_t depth) {
  return cpu::Padded(depth) * kPanel * (HasScales(precision) ? 1 : cpu::ElementSize(precision));
}

void PackPanel(Precision precision, const float* values, int64_t depth, char* panel,
               float* scales) {
  const int64_t padded = cpu::Padded(depth);
  if (HasScales(precision)) {
    PackEightBits(precision, values, depth, padded, reinterpret_cast<int8_t*>(panel), scales);
    return;
  }
  if (precision == Precision::kFloat32) {
    float* out = reinterpret_cast<float*>(panel);
    for (int64_t k = 0; k < padded; ++k) {
      for (int64_t column = 0; column < kPanel; ++column) {
        out[k * kPanel + column] = k < depth ? values[column * depth + k] : 0.0f;
      }
    }
    return;
  }
  uint16_t* out = reinterpret_cast<uint16_t*>(panel);
  for (int64_t k = 0; k < padded; ++k) {
    for (int64_t column = 0; column < kPanel; ++column) {
      out[k / 2 * 2 * kPanel + column * 2 + k % 2] =
          k < depth ? cpu::ToBits16(precision, values[column * depth + k]) : uint16_t{0};
    }
  }
}

void UnpackColumn(Precision precision, const char* panel, int64_t depth, int64_t column,
                  float scale, float* out) {
  if (HasScales(precision)) {
    const int8_t* values = reinterpret_cast<const int8_t*>(panel);
    for (int64_t k = 0; k < depth; ++k) {
      out[k] = scale * static_cast<float>(values[EightBitIndex(precision, k, column)]);
    }
    return;
  }
  if (precision == Precision::kFloat32) {
    const float* values = reinterpret_cast<const float*>(panel);
    for (int64_t k = 0; k < depth; ++k) out[k] = values[k * kPanel + column];
    return;
  }
  const uint16_t* values = reinterpret_cast<const uint16_t*>(panel);
  for (int64_t k = 0; k < depth; ++k) {
    out[k] = cpu::FromBits16(precision, values[k / 2 * 2 * kPanel + column * 2 + k % 2]);
  }
}

}  // namespace assay
