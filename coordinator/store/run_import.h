// Completed runs from elsewhere go in as one transaction, as they arrive.
#ifndef ASSAY_COORDINATOR_STORE_RUN_IMPORT_H_
#define ASSAY_COORDINATOR_STORE_RUN_IMPORT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/domain/item.h"
#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"

namespace assay {

struct ImportedItem {
  int64_t ordinal = 0;
  Prediction prediction;
  std::vector<Score> scores;                    // one of them by the run's grader
  absl::Time committed = absl::InfinitePast();  // InfinitePast: now
};

struct ImportResult {
  int64_t job_id = 0;
  std::vector<int64_t> run_ids;
};

// Not thread-safe. Holds a connection of the database from Begin to its end; whatever ends without
// a successful Commit leaves nothing. After an error only destruction is left.
class RunImport {
 public:
  // The runs will be those of a new job. `submitted`: InfinitePast is now, which `now` tells.
  static absl::StatusOr<std::unique_ptr<RunImport>> Begin(Database* database, absl::Time submitted,
                                                          absl::Time now);
  ~RunImport();

  // AlreadyExists when the name is that of a model with other weights or tokenizer. The paths may
  // differ: it may lie elsewhere here. `format` "imported" fits every model of its name.
  absl::Status AddModel(const ModelSpec& model);
  // The whole data set. InvalidArgument when there is one of this digest with other items. Its name
  // points to it unless the name is taken.
  absl::Status AddDataset(const DatasetInfo& dataset, absl::Span<const Item> items);
  // A run with its settings, engine, grader, origin, times and error; the counts of items and
  // tokens come with the predictions. NotFound when its model or data set is not there.
  absl::Status AddRun(const RunProgress& run, const std::string& manifest_json);
  // Of the latest run. AlreadyExists, naming the item, for a second prediction of one sample.
  absl::Status AddPredictions(absl::Span<const ImportedItem> items);
  absl::StatusOr<ImportResult> Commit();

 private:
  struct State;
  explicit RunImport(std::unique_ptr<State> state);
  absl::Status Do(const std::function<absl::Status()>& body);
  absl::Status EndRun();

  std::unique_ptr<State> state_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RUN_IMPORT_H_
