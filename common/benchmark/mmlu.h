// MMLU (Hendrycks et al., 2021): four-way questions in 57 subjects, with five examples each.
#ifndef ASSAY_COMMON_BENCHMARK_MMLU_H_
#define ASSAY_COMMON_BENCHMARK_MMLU_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// Files test/<subject>_test.csv and dev/<subject>_dev.csv, without header: question, A, B, C, D,
// letter. Any subject will do; those of the published set also belong to a subcategory and a
// category.
//
// Protocols:
// - "instructeval": the letter is generated. Cells print as pandas reads them ("question@pandas").
// - "lm-eval": the log-likelihoods of " A" to " D", as lm-evaluation-harness 0.4.13 prompts for
// them. Cells print as they are, and no shot is dropped: prompts have no limit but the context.
class MmluBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "mmlu"; }
  absl::string_view description() const override;
  const std::vector<ProtocolSpec>& protocols() const override;

  bool IsDataFile(absl::string_view path) const override;
  absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const override;

  // The shots are the first of the dev split; the items are the test split.
  absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                   absl::Span<const Item> group) const override;
  std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                           absl::Span<const Item> shots) const override;
  std::vector<std::string> ParentGroups(absl::string_view group) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_MMLU_H_
