// Benchmarks that users have declared, every version of each. A run keeps the one it was planned
// with.
#ifndef ASSAY_COORDINATOR_STORE_BENCHMARK_STORE_H_
#define ASSAY_COORDINATOR_STORE_BENCHMARK_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/store/database.h"

namespace assay {

struct StoredBenchmark {
  std::string name;
  int version = 0;
  std::string description;
  std::string text;    // YAML
  std::string sha256;  // of the text
  absl::Time added = absl::InfinitePast();
  int64_t runs = 0;  // that use this version
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class BenchmarkStore {
 public:
  explicit BenchmarkStore(Database* database) : database_(database) {}

  // True when the very same text is there already, in which case nothing changes. AlreadyExists
  // when the name has this version or a later one with another text, or is that of a data set of
  // another benchmark.
  absl::StatusOr<bool> Add(const StoredBenchmark& benchmark);
  // Every version, in order of name and version; texts are left out.
  absl::StatusOr<std::vector<StoredBenchmark>> List();
  // The latest version of the name, or the one that is asked for where `version` is not 0.
  // NotFound.
  absl::StatusOr<StoredBenchmark> Find(const std::string& name, int version);
  absl::StatusOr<StoredBenchmark> FindBySha256(const std::string& sha256);
  // That version, or every one where `version` is 0; with the last one go the data sets that were
  // imported for the benchmark. NotFound, or FailedPrecondition when a run uses what would go.
  absl::Status Remove(const std::string& name, int version);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_BENCHMARK_STORE_H_
