#include "common/statistics/proportion.h"

#include <algorithm>
#include <cmath>

#include "common/statistics/distributions.h"

namespace assay {

Estimate EstimateProportion(const Count& count, double confidence) {
  Estimate estimate;
  estimate.n = count.n;
  estimate.interval = {0, 1};
  if (count.n == 0) return estimate;
  const double n = static_cast<double>(count.n);
  const double p = static_cast<double>(count.successes) / n;
  const double z = NormalQuantile(0.5 + confidence / 2);
  const double shrink = 1 + z * z / n;
  const double centre = (p + z * z / (2 * n)) / shrink;
  const double half = z / shrink * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  estimate.value = p;
  if (count.n > 1) estimate.standard_error = std::sqrt(p * (1 - p) / (n - 1));
  if (count.successes > 0) estimate.interval.low = centre - half;
  if (count.successes < count.n) estimate.interval.high = centre + half;
  return estimate;
}

Estimate EstimateMacroProportion(absl::Span<const Count> groups, double confidence) {
  Estimate macro;
  macro.interval = {0, 1};
  int64_t size = 0;
  bool has_error = false;
  double sum = 0;
  double squared_error = 0;
  double below = 0;
  double above = 0;
  for (const Count& count : groups) {
    if (count.n == 0) continue;
    const Estimate group = EstimateProportion(count, confidence);
    ++size;
    macro.n += count.n;
    sum += group.value;
    if (count.n > 1) {
      has_error = true;
      squared_error += group.standard_error * group.standard_error;
    }
    below += (group.value - group.interval.low) * (group.value - group.interval.low);
    above += (group.interval.high - group.value) * (group.interval.high - group.value);
  }
  if (size == 0) return macro;
  const double weight = 1 / static_cast<double>(size);
  macro.value = sum * weight;
  if (has_error) macro.standard_error = std::sqrt(squared_error) * weight;
  macro.interval.low = std::max(0.0, macro.value - std::sqrt(below) * weight);
  macro.interval.high = std::min(1.0, macro.value + std::sqrt(above) * weight);
  return macro;
}

}  // namespace assay
