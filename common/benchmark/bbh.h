// BIG-Bench Hard (Suzgun et al., 2022): 27 tasks with short free-text answers.
#ifndef ASSAY_COMMON_BENCHMARK_BBH_H_
#define ASSAY_COMMON_BENCHMARK_BBH_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// Files <task>.json: {"examples": [{"input": "...", "target": "..."}, ...]}; other keys are left
// alone. Any task will do.
//
// Protocol "instructeval": the answer is generated after three shots without chain of thought. A
// task has no examples of its own, so that its first ones are the shots and leave the test set.
class BbhBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "bbh"; }
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

#endif  // ASSAY_COMMON_BENCHMARK_BBH_H_
