// JSON files of many records, one record in memory at a time.
#ifndef ASSAY_COMMON_BENCHMARK_JSON_RECORDS_H_
#define ASSAY_COMMON_BENCHMARK_JSON_RECORDS_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/json_node.h"

namespace assay {

// Where the records of a file are.
enum class JsonRecords {
  kWhole,     // the file is one record
  kMembers,   // the values of the top-level object
  kExamples,  // the elements of the array "examples", or of another name, of the top-level object;
              // other members are passed over, however deep they are
  kElements,  // the elements of the top-level array
};

struct JsonRecord {
  std::string key;  // of kMembers, else empty
  JsonNode value;
};

// Calls `take` with the records of `content` in the order of the file; the first error ends it.
// InvalidArgument, with `path` and line, for what is not JSON, not UTF-8, has a NUL character in a
// text, a key twice, a wrong type where the records should be, or a record that is nested or large
// beyond reason. `content` starts in line `first_line` of the file. kExamples takes the array
// `key`.
absl::Status ForEachJsonRecord(absl::string_view path, absl::string_view content,
                               JsonRecords records,
                               absl::FunctionRef<absl::Status(const JsonRecord&)> take,
                               int64_t first_line = 1, absl::string_view key = "examples");

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_JSON_RECORDS_H_
