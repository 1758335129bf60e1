// What is asked: a benchmark's items, as they are stored.
#ifndef ASSAY_COMMON_DOMAIN_ITEM_H_
#define ASSAY_COMMON_DOMAIN_ITEM_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace assay {

struct Item {
  // Unique in its dataset and stable between imports: "mmlu/astronomy/17", "bbh/navigate/3". For
  // few-shot examples of a file of their own "mmlu/astronomy/dev/0".
  std::string id;
  // Subject or task: the unit that metrics are reported by.
  std::string group;
  // "test", or "dev" for items that only serve as few-shot examples.
  std::string split;
  // Position in the dataset, from 0; unique over both splits. Items of a group are contiguous and
  // in file order.
  int64_t ordinal = 0;
  // The text of the item by name, as the file has it, and other readings of the same cell as
  // "<name>@<reading>" where they differ, for example "question" and "question@pandas". MMLU:
  // question, A, B, C, D. BBH: input.
  std::map<std::string, std::string> fields;
  // The labels that can be chosen ("A".."D"); empty when the answer is free text.
  std::vector<std::string> choices;
  // The right answer: a label of `choices`, or a text.
  std::string target;
  friend bool operator==(const Item&, const Item&) = default;
};

// A dataset's identity. The sha256 is of the imported files: for each file in order of name, the
// name, a NUL byte, the length in decimal, a NUL byte and the content. Where reading_sha256 is not
// empty, it follows as one more file, whose name is empty.
struct DatasetInfo {
  std::string benchmark;  // "mmlu"
  std::string name;       // what the user calls it; the benchmark's name unless told otherwise
  std::string sha256;
  int64_t items = 0;     // of the test split
  int64_t examples = 0;  // of the dev split
  int64_t groups = 0;
  // Benchmark::reading_sha256() of the declaration that the files were read by; empty for the
  // program's own benchmarks.
  std::string reading_sha256 = "";
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_ITEM_H_
