// Runs from elsewhere as they arrive from an untrusted caller: checked, graded where they have no
// scores, and stored.
#ifndef ASSAY_COORDINATOR_SERVICE_RUN_UPLOAD_H_
#define ASSAY_COORDINATOR_SERVICE_RUN_UPLOAD_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "assay/v1/evaluation_service.pb.h"
#include "common/scoring/grader.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/run_import.h"

namespace assay {

// Not thread-safe. Nothing is stored before Finish.
class RunUpload {
 public:
  // `cache` holds the data sets that are here already; those that come along are read from the
  // upload.
  static absl::StatusOr<std::unique_ptr<RunUpload>> Start(const v1::ImportRunsHeader& header,
                                                          Database* database,
                                                          BenchmarkCatalog* catalog,
                                                          DatasetCache* cache, absl::Time now);

  // The messages after the header, in their order. InvalidArgument names what is wrong.
  absl::Status Add(const v1::ImportRunsRequest& request);
  absl::StatusOr<ImportResult> Finish();

 private:
  // What predictions of a data set are checked against.
  struct KnownItems {
    std::shared_ptr<const Dataset> dataset;
    std::map<std::string, const Item*> by_id;
  };
  using DatasetKey = std::pair<std::string, std::string>;  // benchmark, sha256

  RunUpload(const v1::ImportRunsHeader& header, std::unique_ptr<RunImport> import,
            BenchmarkCatalog* catalog, DatasetCache* cache, absl::Time now);
  absl::Status AddModel(const v1::ModelSpec& model);
  absl::Status AddItems(const v1::ImportedItems& items);
  absl::Status EndDataset();
  absl::Status AddRun(const v1::ImportedRun& run);
  absl::Status AddPredictions(const v1::ImportedPredictions& predictions);
  absl::StatusOr<ImportedItem> Read(const v1::GradedPrediction& prediction);
  absl::Status Know(const DatasetKey& key, std::shared_ptr<const Dataset> dataset);
  std::string MakeOrigin(const v1::RunProgress& run) const;

  const v1::ImportRunsHeader header_;
  const std::unique_ptr<RunImport> import_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
  const absl::Time now_;
  // The data set whose items are arriving.
  DatasetInfo info_;
  std::vector<Item> items_;
  size_t item_bytes_ = 0;
  std::map<DatasetKey, KnownItems> known_;
  // Of the latest run.
  RunSpec spec_;
  std::string grader_name_;
  std::shared_ptr<const Grader> grader_;  // null where this program has none of that name
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RUN_UPLOAD_H_
