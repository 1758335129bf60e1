#include "common/statistics/quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace assay {

double Quantile(double fraction, std::vector<double>& values) {
  const double position = fraction * static_cast<double>(values.size() - 1);
  const size_t index = std::min(static_cast<size_t>(position), values.size() - 1);
  const double part = position - static_cast<double>(index);
  const auto lower = values.begin() + static_cast<std::ptrdiff_t>(index);
  std::nth_element(values.begin(), lower, values.end());
  if (part == 0 || index + 1 == values.size()) return *lower;
  const double next = *std::min_element(lower + 1, values.end());
  return *lower + (next - *lower) * part;
}

Interval CentralInterval(double confidence, std::vector<double>& values) {
  const double tail = (1 - confidence) / 2;
  const double low = Quantile(tail, values);
  return {low, Quantile(1 - tail, values)};
}

}  // namespace assay
