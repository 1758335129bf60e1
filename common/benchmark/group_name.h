// Names of subjects and tasks, which come from the names of a dataset's files.
#ifndef ASSAY_COMMON_BENCHMARK_GROUP_NAME_H_
#define ASSAY_COMMON_BENCHMARK_GROUP_NAME_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace assay {

// [A-Za-z0-9_-]+, so that item ids can be split, typed and put into file names. The error names
// `path`.
absl::Status CheckGroupName(absl::string_view path, absl::string_view name);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_GROUP_NAME_H_
