#include "worker/layers/rotary_embedding.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/domain/run.h"
#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

constexpr double kTwoPi = 2.0 * std::numbers::pi;

// In float32 throughout, as checkpoints are trained and run by the reference: at large positions
// the rounding of the frequency shows in the angle.
std::vector<float> Unscaled(const RotaryConfig& config) {
  const int64_t size = config.size / config.axes;
  std::vector<float> inverse(static_cast<size_t>(size / 2));
  for (size_t i = 0; i < inverse.size(); ++i) {
    const float exponent = static_cast<float>(2 * i) / static_cast<float>(size);
    inverse[i] = 1.0f / static_cast<float>(std::pow(static_cast<double>(config.base),
                                                    static_cast<double>(exponent)));
    if (config.float16_frequencies) {
      inverse[i] =
          cpu::FromBits16(Precision::kFloat16, cpu::ToBits16(Precision::kFloat16, inverse[i]));
    }
  }
  return inverse;
}

void ScaleLlama3(const RotaryScaling& scaling, std::vector<float>& inverse) {
  const float context = static_cast<float>(scaling.original_context);
  const float low_wavelength = context / scaling.low_frequency_factor;
  const float high_wavelength = context / scaling.high_frequency_factor;
  for (float& frequency : inverse) {
    const float wavelength = static_cast<float>(kTwoPi) / frequency;
    if (wavelength < high_wavelength) continue;
    if (wavelength > low_wavelength) {
      frequency /= scaling.factor;
      continue;
    }
    const float smooth = (context / wavelength - scaling.low_frequency_factor) /
                         (scaling.high_frequency_factor - scaling.low_frequency_factor);
    frequency = (1 - smooth) * frequency / scaling.factor + smooth * frequency;
  }
}

void ScaleYarn(const RotaryConfig& config, std::vector<float>& inverse) {
  const RotaryScaling& scaling = config.scaling;
  const double size = static_cast<double>(config.size);
  const auto dimension_of = [&](double rotations) {
    return size * std::log(static_cast<double>(scaling.original_context) / (rotations * kTwoPi)) /
           (2 * std::log(static_cast<double>(config.base)));
  };
  double low = dimension_of(scaling.beta_fast);
  double high = dimension_of(scaling.beta_slow);
  if (scaling.truncate) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, size - 1);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < inverse.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    const float kept = static_cast<float>(1 - ramp);
    inverse[i] = inverse[i] / scaling.factor * (1 - kept) + inverse[i] * kept;
  }
}

}  // namespace

RotaryEmbedding::RotaryEmbedding(const RotaryConfig& config)
    : axes_(config.axes), inverse_frequencies_(Unscaled(config)) {
  const RotaryScaling& scaling = config.scaling;
  switch (scaling.type) {
    case RotaryScaling::Type::kNone:
    case RotaryScaling::Type::kDynamic:
      break;
    case RotaryScaling::Type::kLinear:
      for (float& frequency : inverse_frequencies_) frequency /= scaling.factor;
      break;
    case RotaryScaling::Type::kLlama3:
      ScaleLlama3(scaling, inverse_frequencies_);
      break;
    case RotaryScaling::Type::kYarn:
      ScaleYarn(config, inverse_frequencies_);
      attention_factor_ = scaling.attention_factor != 0.0f ? scaling.attention_factor
                          : scaling.factor <= 1.0f         ? 1.0f
                                                           : 0.1f * std::log(scaling.factor) + 1.0f;
      break;
    case RotaryScaling::Type::kFactors:
      for (size_t i = 0; i < inverse_frequencies_.size(); ++i) {
        inverse_frequencies_[i] /= scaling.factors[i];
      }
      break;
  }
}

void RotaryEmbedding::Angles(absl::Span<const int32_t> positions, float* cosines,
                             float* sines) const {
  for (const int32_t position : positions) {
    for (const float frequency : inverse_frequencies_) {
      const float angle = static_cast<float>(position) * frequency;
      *cosines++ = std::cos(angle) * attention_factor_;
      *sines++ = std::sin(angle) * attention_factor_;
    }
  }
}

}  // namespace assay
