// What is known of the samples of a run's items, in numbers.
#ifndef ASSAY_COMMON_DOMAIN_SAMPLE_COUNT_H_
#define ASSAY_COMMON_DOMAIN_SAMPLE_COUNT_H_

#include <cstdint>
#include <string>

namespace assay {

// So many items of a group have `samples` graded samples each, of which `correct` are right.
struct SampleCount {
  std::string group;
  int64_t samples = 0;
  int64_t correct = 0;
  int64_t items = 0;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_SAMPLE_COUNT_H_
