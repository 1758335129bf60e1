// A dataset's files as they arrive from an untrusted caller, within limits.
#ifndef ASSAY_COORDINATOR_SERVICE_DATASET_UPLOAD_H_
#define ASSAY_COORDINATOR_SERVICE_DATASET_UPLOAD_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/item.h"
#include "coordinator/catalog/benchmark_catalog.h"

namespace assay {

struct UploadLimits {
  int64_t bytes = int64_t{1} << 30;
  int64_t files = 10000;
};

struct ParsedDataset {
  DatasetInfo info;
  std::vector<Item> items;
};

// A name that users give to a model or dataset: 1 to 100 of [A-Za-z0-9._-], not starting with '-'.
// `what` is for the message.
absl::Status CheckUserName(absl::string_view what, absl::string_view name);

// Not thread-safe.
class DatasetUpload {
 public:
  // NotFound for an unknown benchmark; InvalidArgument for a name that is no name, or is another
  // benchmark's.
  static absl::StatusOr<DatasetUpload> Start(BenchmarkCatalog& catalog,
                                             const std::string& benchmark_name,
                                             const std::string& dataset_name,
                                             const UploadLimits& limits);

  // The next piece of a file; a file's pieces follow one another.
  absl::Status Add(absl::string_view path, absl::string_view content);

  // Reads the files that belong to the benchmark; others are left alone.
  absl::StatusOr<ParsedDataset> Finish();

 private:
  DatasetUpload(std::shared_ptr<const Benchmark> benchmark, std::string name,
                const UploadLimits& limits)
      : benchmark_(std::move(benchmark)), name_(std::move(name)), limits_(limits) {}

  std::shared_ptr<const Benchmark> benchmark_;
  std::string name_;
  UploadLimits limits_;
  std::vector<SourceFile> files_;
  std::set<std::string> paths_;
  std::string current_;  // the path of the latest piece
  int64_t bytes_ = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_DATASET_UPLOAD_H_
