#include "common/catalog/built_in.h"

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/benchmark/bbh.h"
#include "common/benchmark/crass.h"
#include "common/benchmark/drop.h"
#include "common/benchmark/hhh.h"
#include "common/benchmark/human_eval.h"
#include "common/benchmark/impact.h"
#include "common/benchmark/mmlu.h"

namespace assay {

absl::Span<const Benchmark* const> AllBenchmarks() {
  static const std::array<const Benchmark*, 7> benchmarks = {
      new BbhBenchmark,       new CrassBenchmark,  new DropBenchmark, new HhhBenchmark,
      new HumanEvalBenchmark, new ImpactBenchmark, new MmluBenchmark};
  return benchmarks;
}

absl::StatusOr<const Benchmark*> FindBenchmark(absl::string_view name) {
  for (const Benchmark* benchmark : AllBenchmarks()) {
    if (benchmark->name() == name) return benchmark;
  }
  const auto append_name = [](std::string* out, const Benchmark* benchmark) {
    absl::StrAppend(out, benchmark->name());
  };
  return absl::NotFoundError(absl::StrCat("unknown benchmark \"", name, "\"; there are: ",
                                          absl::StrJoin(AllBenchmarks(), ", ", append_name)));
}

std::shared_ptr<const Benchmark> Unowned(const Benchmark* benchmark) {
  return {std::shared_ptr<const Benchmark>(), benchmark};
}

}  // namespace assay
