// Any bytes as a file that describes a sweep: refused, or every combination can be asked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "client/sweep/sweep.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<assay::Sweep> sweep = assay::ReadSweep("fuzz.yaml", text);
  if (!sweep.ok()) {
    // Bad input, and nothing else.
    if (sweep.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
    return 0;
  }
  if (sweep->models.empty() || sweep->benchmarks.empty()) std::abort();
  assay::v1::ListBenchmarksResponse benchmarks;
  assay::v1::ListDatasetsResponse datasets;
  for (const char* name : {"mmlu", "bbh"}) {
    assay::v1::BenchmarkInfo& benchmark = *benchmarks.add_benchmarks();
    benchmark.set_name(name);
    benchmark.add_protocols()->set_name("instructeval");
    datasets.add_datasets()->set_name(name);
    datasets.mutable_datasets()->rbegin()->set_benchmark(name);
  }
  // A long list of each setting makes many combinations, of which there is nothing to learn.
  const size_t combinations = (1 + sweep->protocols.size()) * (1 + sweep->shots.size()) *
                              (1 + sweep->templates.size()) * (1 + sweep->precisions.size());
  if (combinations > 1000) return 0;
  const auto expanded = assay::Expand(*sweep, benchmarks, datasets);
  if (expanded.ok() && expanded->request.parts().empty()) std::abort();
  return 0;
}
