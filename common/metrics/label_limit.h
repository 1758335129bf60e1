// Keeps a metric's series few, whatever users name things.
#ifndef ASSAY_COMMON_METRICS_LABEL_LIMIT_H_
#define ASSAY_COMMON_METRICS_LABEL_LIMIT_H_

#include <cstddef>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace assay {

// What is told of the values beyond the limit.
inline constexpr char kOtherLabel[] = "other";

// Thread-safe.
class LabelLimit {
 public:
  explicit LabelLimit(size_t most) : most_(most) {}

  // `value`, where it is one of the first `most` different ones, or else kOtherLabel.
  std::string Of(const std::string& value) {
    absl::MutexLock lock(&mutex_);
    if (values_.count(value) != 0) return value;
    if (values_.size() >= most_) return kOtherLabel;
    values_.insert(value);
    return value;
  }

 private:
  const size_t most_;
  absl::Mutex mutex_;
  std::set<std::string> values_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_COMMON_METRICS_LABEL_LIMIT_H_
