// DROP (Dua et al., 2019): reading comprehension that asks for counting, sorting and arithmetic.
#ifndef ASSAY_COMMON_BENCHMARK_DROP_H_
#define ASSAY_COMMON_BENCHMARK_DROP_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// One file, <name>.json or <name>.jsonl, also with ".gz": see drop_file.h. Items are
// "drop/nfl_1184/0" or "drop/<query_id>", all of one group. Fields: passage, question, query_id,
// "references" (the answers, as a JSON array of arrays of texts; not there when there is none), and
// "span" when the spans of all answers are one and the same text.
//
// The shots are Python's random.sample under random.seed(0) of the items with a "span", in file
// order; items that share a passage with a shot leave the test set.
//
// Protocols:
// - "instructeval": only items with a "span" are asked; the answer must start with it.
// - "drop-f1": every item with an answer is asked, in the same way, and graded by DROP's own exact
//   match and F1.
class DropBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "drop"; }
  absl::string_view description() const override;
  const std::vector<ProtocolSpec>& protocols() const override;

  bool IsDataFile(absl::string_view path) const override;
  absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const override;

  absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                   absl::Span<const Item> group) const override;
  std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                           absl::Span<const Item> shots) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_DROP_H_
