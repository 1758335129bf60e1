// The benchmarks that a coordinator knows: the program's own, and those that users have declared.
#ifndef ASSAY_COORDINATOR_CATALOG_BENCHMARK_CATALOG_H_
#define ASSAY_COORDINATOR_CATALOG_BENCHMARK_CATALOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/catalog/declaration_cache.h"
#include "common/domain/run.h"
#include "coordinator/store/benchmark_store.h"

namespace assay {

// Thread-safe. Whoever holds a benchmark keeps it, whatever becomes of its name. Errors of the
// store pass through.
class BenchmarkCatalog {
 public:
  // Without a store it knows the program's own benchmarks alone.
  explicit BenchmarkCatalog(BenchmarkStore* store) : store_(store) {}

  // What new data sets and runs are made with: the program's own benchmark of this name, or else
  // the latest version of a user's. NotFound names the benchmarks there are.
  absl::StatusOr<std::shared_ptr<const Benchmark>> Latest(const std::string& name);
  // What the run was planned with.
  absl::StatusOr<std::shared_ptr<const Benchmark>> Of(const RunSpec& run);
  // The same, for the protocol. The pointer keeps the benchmark.
  absl::StatusOr<std::shared_ptr<const ProtocolSpec>> ProtocolOf(const RunSpec& run);
  // The latest of every name, in order of name.
  absl::StatusOr<std::vector<std::shared_ptr<const Benchmark>>> All();

  struct Added {
    std::shared_ptr<const Benchmark> benchmark;
    bool existed = false;  // the very same text was there
  };
  // Adds the benchmark that the text declares. InvalidArgument lists what is wrong with the text,
  // which the messages call `path`; AlreadyExists when the name is the program's own, or as
  // BenchmarkStore::Add has it.
  absl::StatusOr<Added> Add(const std::string& path, const std::string& text);

  struct Described {
    std::shared_ptr<const Benchmark> benchmark;
    int64_t runs = 0;  // that use this version, of a user's
  };
  // One of the program's own, for `version` 0, or a user's in that version or, for 0, the latest.
  absl::StatusOr<Described> Describe(const std::string& name, int version);
  // As BenchmarkStore::Remove. The program's own stay.
  absl::Status Remove(const std::string& name, int version);

 private:
  absl::StatusOr<std::shared_ptr<const Benchmark>> Read(const StoredBenchmark& stored);

  BenchmarkStore* const store_;
  DeclarationCache cache_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_CATALOG_BENCHMARK_CATALOG_H_
