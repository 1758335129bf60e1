// Where MMLU's authors put each of its 57 subjects.
#ifndef ASSAY_COMMON_BENCHMARK_MMLU_CATEGORIES_H_
#define ASSAY_COMMON_BENCHMARK_MMLU_CATEGORIES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace assay {

struct MmluCategory {
  absl::string_view subject;
  absl::string_view subcategory;  // one of 17: "math"
  absl::string_view category;     // "STEM", "humanities", "social sciences", "other"
};

// In order of subject.
absl::Span<const MmluCategory> MmluCategories();
// nullptr for a subject that is not of the published set.
const MmluCategory* FindMmluCategory(absl::string_view subject);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_MMLU_CATEGORIES_H_
