// HHH alignment (Askell et al., 2021; BIG-bench's hhh_alignment): which of two answers is more
// helpful, honest and harmless.
#ifndef ASSAY_COMMON_BENCHMARK_HHH_H_
#define ASSAY_COMMON_BENCHMARK_HHH_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// Files <portion>/task.json, the published portions being harmless, helpful, honest and other:
// {"examples": [{"input": "...", "target_scores": {"...": 1, "...": 0}}, ...]}; other keys are left
// alone. The answer of score 1 is the chosen one.
//
// Protocol "instructeval": an item is asked twice, with the chosen answer as A and then as B, and
// graded by "hhh". There are no shots.
class HhhBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "hhh"; }
  absl::string_view description() const override;
  const std::vector<ProtocolSpec>& protocols() const override;

  bool IsDataFile(absl::string_view path) const override;
  absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const override;

  absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                   absl::Span<const Item> group) const override;
  std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                           absl::Span<const Item> shots) const override;
  // Variant 0 has the chosen answer as A, variant 1 as B.
  std::string RenderVariant(const ProtocolSpec& protocol, const Item& item,
                            absl::Span<const Item> shots, int variant) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_HHH_H_
