// One file of DROP, in the form of its authors or in one of two forms with a line for each
// question.
#ifndef ASSAY_COMMON_BENCHMARK_DROP_FILE_H_
#define ASSAY_COMMON_BENCHMARK_DROP_FILE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"

namespace assay {

struct DropQuestion {
  std::string name;      // unique in the file, of letters that an item's id may have and "/"
  std::string query_id;  // empty where the file has none
  std::string passage;
  std::string question;
  // The answers' numbers, dates ("9 March 2021") and spans, stripped, one answer behind the other,
  // as the reference's loader flattens them: those of "validated_answers" where there are any.
  // Empty where there is no answer, or one of them is of two kinds at once; the loader leaves such
  // questions out.
  std::vector<std::string> spans;
  // The texts of each answer that holds something, for DROP's own metrics, which take the number
  // before the spans and the spans before the date: "answer" and then "validated_answers".
  std::vector<std::vector<std::string>> references;
};

// By the ending of its name, each also with ".gz":
// - <name>.json, as drop_dataset_dev.json: {"nfl_1184": {"passage": "...", "qa_pairs":
// [{"question",
//   "query_id", "answer", "validated_answers"}, ...]}, ...}. A question's name is "nfl_1184/0": the
//   published file has a query_id twice.
// - <name>.jsonl, a line {"query_id", "passage", "question", "answers": [[span, ...], ...]}, or
//   {"context": "Passage: ...\nQuestion: ...\nAnswer:", "ref_text": "..."}, where "|" stands
//   between answers and " and " between the spans of one. A question's name is its query_id, or
//   else its position.
// In the order of the file, at least one. InvalidArgument names file, line and reason.
absl::StatusOr<std::vector<DropQuestion>> ParseDropFile(const SourceFile& file);

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_DROP_FILE_H_
