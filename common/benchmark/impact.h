// IMPACT (Chia et al., 2023): writing tasks, whose answers are rated by judges.
#ifndef ASSAY_COMMON_BENCHMARK_IMPACT_H_
#define ASSAY_COMMON_BENCHMARK_IMPACT_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// The fields that an item has beside its own when it is asked of a judge: the answer that another
// run has, or why that has none; and the rubric, where it is not ours.
inline constexpr char kAnswerField[] = "answer";
inline constexpr char kAnswerErrorField[] = "answer_error";
inline constexpr char kRubricField[] = "rubric";

// One file <name>.csv, .json (an array) or .jsonl, plain or with ".gz", of records with Category,
// Definition and Prompt; other columns and keys are left alone. Or questions as MT-bench and the
// Vicuna benchmark have them, in .jsonl or .json: {"question_id", "category", "turns"}, of which
// the first turn is the prompt. Groups are the categories, in lower case and with "_" for spaces.
// Items are "impact/<category>/<number in the category>", or "impact/<category>/<question_id>".
//
// Protocol "instructeval": the definition, a space and the prompt are answered, greedily; an answer
// has no verdict. The protocols with a criterion ask a judge to rate the answers of such a run by a
// rubric (rubric.h), and differ in the criterion and in how the reply is read.
class ImpactBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "impact"; }
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

#endif  // ASSAY_COMMON_BENCHMARK_IMPACT_H_
