// One CSV file of MMLU.
#ifndef ASSAY_COMMON_BENCHMARK_MMLU_FILE_H_
#define ASSAY_COMMON_BENCHMARK_MMLU_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// Behind a field's name: the same cell in pandas' reading. Only there where it differs.
inline constexpr char kPandasSuffix[] = "@pandas";

// Appends the rows of `file` as items of `subject` and `split` ("dev" or "test"), their ordinals
// counted on from the size of `items`. InvalidArgument names the file, the line and the reason.
absl::Status AppendMmluFile(const SourceFile& file, absl::string_view subject,
                            absl::string_view split, std::vector<Item>* items);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_MMLU_FILE_H_
