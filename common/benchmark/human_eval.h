// HumanEval (Chen et al., 2021): Python functions to be completed, judged by their unit tests.
#ifndef ASSAY_COMMON_BENCHMARK_HUMAN_EVAL_H_
#define ASSAY_COMMON_BENCHMARK_HUMAN_EVAL_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// One file <name>.jsonl, such as HumanEval.jsonl.gz, plain or with ".gz": a line {"task_id",
// "prompt", "entry_point", "test"} for each problem, and perhaps "canonical_solution"; other keys
// are left alone. Items are "human_eval/<task_id>", all of one group, their fields named as in the
// file.
//
// Protocol "instructeval": the function is completed, greedily and once, after one line that asks
// for it. There are no shots.
class HumanEvalBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "human_eval"; }
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

#endif  // ASSAY_COMMON_BENCHMARK_HUMAN_EVAL_H_
