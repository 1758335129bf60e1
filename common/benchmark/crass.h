// CRASS (Frohberg and Binder, 2022): what would have happened if, with three or four options.
#ifndef ASSAY_COMMON_BENCHMARK_CRASS_H_
#define ASSAY_COMMON_BENCHMARK_CRASS_H_

#include "common/benchmark/benchmark.h"

namespace assay {

// One file <name>.csv, such as CRASS_FTM_main_data_set.csv: fields between semicolons, without
// quotes, a header line, and then id, batch, premise, question, and up to four options, of which
// the first is right and those that are empty do not count. Further fields are left alone.
//
// The options get their letters at the import: they are shuffled in file order by Python's
// random.shuffle under one random.seed(0), as INSTRUCTEVAL does. Items are "crass/<id>".
//
// Protocol "instructeval": the letter is generated after three fixed examples, those of the paper.
class CrassBenchmark : public Benchmark {
 public:
  absl::string_view name() const override { return "crass"; }
  absl::string_view description() const override;
  const std::vector<ProtocolSpec>& protocols() const override;

  bool IsDataFile(absl::string_view path) const override;
  absl::StatusOr<std::vector<Item>> Parse(absl::Span<const SourceFile> files) const override;

  // All items are asked; the shots are no part of the data.
  absl::StatusOr<Selection> Select(const ProtocolSpec& protocol, int shots,
                                   absl::Span<const Item> group) const override;
  std::string RenderPrompt(const ProtocolSpec& protocol, const Item& item,
                           absl::Span<const Item> shots) const override;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BENCHMARK_CRASS_H_
