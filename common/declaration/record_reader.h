// The records of a data file, in any of the formats that a declaration can name.
#ifndef ASSAY_COMMON_DECLARATION_RECORD_READER_H_
#define ASSAY_COMMON_DECLARATION_RECORD_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/declaration/declaration.h"

namespace assay {

struct DataValue {
  bool is_list = false;
  std::string text;                // a text; a number or boolean as JSON writes it
  std::vector<std::string> texts;  // of a list
};

struct DataRecord {
  int64_t line = 0;                         // where it starts
  std::map<std::string, DataValue> values;  // by column; without those that the record lacks
};

// What is wrong with data files: all of it, within reason. Not thread-safe.
class DataProblems {
 public:
  void Add(absl::string_view path, int64_t line, absl::string_view message);
  void Add(std::string message);
  bool empty() const { return messages_.empty(); }
  // There is no use in going on.
  bool full() const { return messages_.size() >= kMost; }
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  static constexpr size_t kMost = 100;
  std::vector<std::string> messages_;
};

// Calls `take` with the records of the file in their order, each with those of `columns` that it
// has. What is no record goes to `problems`.
void ForEachRecord(const SourceFile& file, const DataDeclaration& data,
                   absl::Span<const std::string> columns,
                   absl::FunctionRef<void(const DataRecord& record)> take, DataProblems* problems);

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_RECORD_READER_H_
