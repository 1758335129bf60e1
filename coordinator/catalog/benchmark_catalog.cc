#include "coordinator/catalog/benchmark_catalog.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/benchmark/foreign_protocol.h"
#include "common/catalog/built_in.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {

absl::StatusOr<std::shared_ptr<const Benchmark>> BenchmarkCatalog::Latest(const std::string& name) {
  const absl::StatusOr<const Benchmark*> own = FindBenchmark(name);
  if (own.ok()) return Unowned(*own);
  if (store_ == nullptr) return own.status();
  const absl::StatusOr<StoredBenchmark> stored = store_->Find(name, 0);
  if (stored.ok()) return Read(*stored);
  if (!absl::IsNotFound(stored.status())) return stored.status();
  ASSAY_ASSIGN_OR_RETURN(const std::vector<StoredBenchmark> all, store_->List());
  std::vector<std::string> names;
  for (const Benchmark* benchmark : AllBenchmarks()) names.emplace_back(benchmark->name());
  for (const StoredBenchmark& other : all) names.push_back(other.name);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return absl::NotFoundError(
      absl::StrCat("unknown benchmark \"", name, "\"; there are: ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<std::shared_ptr<const Benchmark>> BenchmarkCatalog::Of(const RunSpec& run) {
  if (run.benchmark_sha256.empty() || store_ == nullptr) {
    ASSAY_ASSIGN_OR_RETURN(const Benchmark* own, FindBenchmark(run.benchmark));
    return Unowned(own);
  }
  if (std::shared_ptr<const Benchmark> read = cache_.Find(run.benchmark_sha256); read != nullptr) {
    return read;
  }
  ASSAY_ASSIGN_OR_RETURN(const StoredBenchmark stored, store_->FindBySha256(run.benchmark_sha256));
  return Read(stored);
}

absl::StatusOr<std::shared_ptr<const ProtocolSpec>> BenchmarkCatalog::ProtocolOf(
    const RunSpec& run) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark, Of(run));
  if (IsForeignProtocol(run.settings.protocol)) {
    return std::make_shared<const ProtocolSpec>(ForeignProtocol(*benchmark, run.settings));
  }
  ASSAY_ASSIGN_OR_RETURN(const ProtocolSpec* protocol,
                         benchmark->FindProtocol(run.settings.protocol));
  return std::shared_ptr<const ProtocolSpec>(benchmark, protocol);
}

absl::StatusOr<std::vector<std::shared_ptr<const Benchmark>>> BenchmarkCatalog::All() {
  std::map<std::string, std::shared_ptr<const Benchmark>> all;
  for (const Benchmark* benchmark : AllBenchmarks()) {
    all[std::string(benchmark->name())] = Unowned(benchmark);
  }
  if (store_ != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(const std::vector<StoredBenchmark> stored, store_->List());
    for (const StoredBenchmark& benchmark : stored) {
      if (all.count(benchmark.name) != 0) continue;
      ASSAY_ASSIGN_OR_RETURN(all[benchmark.name], Latest(benchmark.name));
    }
  }
  std::vector<std::shared_ptr<const Benchmark>> ordered;
  for (auto& [name, benchmark] : all) ordered.push_back(std::move(benchmark));
  return ordered;
}

absl::StatusOr<BenchmarkCatalog::Added> BenchmarkCatalog::Add(const std::string& path,
                                                              const std::string& text) {
  if (store_ == nullptr) return absl::FailedPreconditionError("there is nowhere to store it");
  Added added;
  ASSAY_ASSIGN_OR_RETURN(added.benchmark, DeclaredBenchmark::Read(path, text));
  const std::string name(added.benchmark->name());
  if (FindBenchmark(name).ok()) {
    return absl::AlreadyExistsError(absl::StrCat(
        "the name \"", name, "\" is that of a benchmark of the program; choose another"));
  }
  const BenchmarkSource& source = *added.benchmark->source();
  StoredBenchmark stored;
  stored.name = name;
  stored.version = source.version;
  stored.description = std::string(added.benchmark->description());
  stored.text = text;
  stored.sha256 = source.sha256;
  ASSAY_ASSIGN_OR_RETURN(added.existed, store_->Add(stored));
  return added;
}

absl::StatusOr<BenchmarkCatalog::Described> BenchmarkCatalog::Describe(const std::string& name,
                                                                       int version) {
  Described described;
  if (version == 0) {
    ASSAY_ASSIGN_OR_RETURN(described.benchmark, Latest(name));
    if (FindBenchmark(name).ok()) return described;
  }
  if (store_ == nullptr) return described;
  ASSAY_ASSIGN_OR_RETURN(const StoredBenchmark stored, store_->Find(name, version));
  ASSAY_ASSIGN_OR_RETURN(described.benchmark, Read(stored));
  described.runs = stored.runs;
  return described;
}

absl::Status BenchmarkCatalog::Remove(const std::string& name, int version) {
  if (store_ == nullptr || FindBenchmark(name).ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("benchmark \"", name, "\" is a part of the program"));
  }
  return store_->Remove(name, version);
}

absl::StatusOr<std::shared_ptr<const Benchmark>> BenchmarkCatalog::Read(
    const StoredBenchmark& stored) {
  return cache_.Read(absl::StrCat(stored.name, " version ", stored.version), stored.text,
                     stored.sha256);
}

}  // namespace assay
