// A number with what is known of its uncertainty.
#ifndef ASSAY_COMMON_STATISTICS_ESTIMATE_H_
#define ASSAY_COMMON_STATISTICS_ESTIMATE_H_

#include <cstdint>
#include <limits>

namespace assay {

inline constexpr double kConfidence = 0.95;
// What a number is that the data do not determine.
inline constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

struct Interval {
  double low = kUndefined;
  double high = kUndefined;
};

// All but `n` is kUndefined where the data do not determine it.
struct Estimate {
  int64_t n = 0;  // observations
  double value = kUndefined;
  double standard_error = kUndefined;
  Interval interval;
};

}  // namespace assay

#endif  // ASSAY_COMMON_STATISTICS_ESTIMATE_H_
