// Names of subjects, tasks and items, which come from the names of a dataset's files or from what
// they hold.
#ifndef ASSAY_COMMON_BENCHMARK_GROUP_NAME_H_
#define ASSAY_COMMON_BENCHMARK_GROUP_NAME_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace assay {

// [A-Za-z0-9_-]+, so that item ids can be split, typed and put into file names.
bool IsGroupName(absl::string_view name);

// The same, for a name that comes from that of the file `path`; the error names it.
absl::Status CheckGroupName(absl::string_view path, absl::string_view name);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_GROUP_NAME_H_
