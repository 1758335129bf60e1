#include "coordinator/catalog/benchmark_catalog.h"

#include "common/base/status_macros.h"
#include "common/catalog/built_in.h"

namespace assay {

absl::StatusOr<std::shared_ptr<const Benchmark>> BenchmarkCatalog::Latest(const std::string& name) {
  ASSAY_ASSIGN_OR_RETURN(const Benchmark* benchmark, FindBenchmark(name));
  return Unowned(benchmark);
}

absl::StatusOr<std::shared_ptr<const Benchmark>> BenchmarkCatalog::Of(const RunSpec& run) {
  return Latest(run.benchmark);
}

absl::StatusOr<std::shared_ptr<const ProtocolSpec>> BenchmarkCatalog::ProtocolOf(
    const RunSpec& run) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark, Of(run));
  ASSAY_ASSIGN_OR_RETURN(const ProtocolSpec* protocol,
                         benchmark->FindProtocol(run.settings.protocol));
  return std::shared_ptr<const ProtocolSpec>(benchmark, protocol);
}

absl::StatusOr<std::vector<std::shared_ptr<const Benchmark>>> BenchmarkCatalog::All() {
  std::vector<std::shared_ptr<const Benchmark>> all;
  for (const Benchmark* benchmark : AllBenchmarks()) all.push_back(Unowned(benchmark));
  return all;
}

}  // namespace assay
