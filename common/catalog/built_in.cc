#include "common/catalog/built_in.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/benchmark/crass.h"
#include "common/benchmark/drop.h"
#include "common/benchmark/hhh.h"
#include "common/benchmark/human_eval.h"
#include "common/benchmark/impact.h"
#include "common/benchmark/mmlu.h"
#include "common/catalog/embedded_declarations.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {

namespace {

// A program that cannot read what it carries is broken, and its tests say so.
const Benchmark* ReadEmbedded(const EmbeddedDeclaration& embedded) {
  const std::string path = absl::StrCat(embedded.name, ".yaml");
  const auto read = DeclaredBenchmark::Read(path, embedded.text, /*built_in=*/true);
  if (!read.ok()) {
    std::fprintf(stderr, "%s\n", std::string(read.status().message()).c_str());
    std::abort();
  }
  static auto* const kept = new std::vector<std::shared_ptr<const Benchmark>>;
  kept->push_back(*read);
  return kept->back().get();
}

std::vector<const Benchmark*> MakeBenchmarks() {
  std::vector<const Benchmark*> benchmarks = {new CrassBenchmark,  new DropBenchmark,
                                              new HhhBenchmark,    new HumanEvalBenchmark,
                                              new ImpactBenchmark, new MmluBenchmark};
  for (const EmbeddedDeclaration& embedded : EmbeddedDeclarations()) {
    benchmarks.push_back(ReadEmbedded(embedded));
  }
  std::sort(benchmarks.begin(), benchmarks.end(),
            [](const Benchmark* a, const Benchmark* b) { return a->name() < b->name(); });
  return benchmarks;
}

}  // namespace

absl::Span<const Benchmark* const> AllBenchmarks() {
  static const auto* const benchmarks = new std::vector<const Benchmark*>(MakeBenchmarks());
  return *benchmarks;
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
