// Time as a dependency, so that tests decide what time it is.
#ifndef ASSAY_COMMON_BASE_CLOCK_H_
#define ASSAY_COMMON_BASE_CLOCK_H_

#include "absl/time/time.h"

namespace assay {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() = 0;
  virtual void Sleep(absl::Duration duration) = 0;

  // The machine's clock; lives as long as the process.
  static Clock* Real();
};

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_CLOCK_H_
