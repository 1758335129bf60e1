// The RPCs about runs that are graded again, or come from elsewhere.
#ifndef ASSAY_COORDINATOR_SERVICE_EXCHANGE_RPCS_H_
#define ASSAY_COORDINATOR_SERVICE_EXCHANGE_RPCS_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "assay/v1/evaluation_service.pb.h"
#include "common/base/clock.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/exchange/rescorer.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/rescore_store.h"

namespace assay {

// Thread-safe. What it stands on outlives it.
class ExchangeRpcs {
 public:
  ExchangeRpcs(Database* database, BenchmarkCatalog* catalog, DatasetCache* cache, Clock* clock);

  // The job that the run is part of. NotFound.
  absl::StatusOr<int64_t> JobOf(int64_t run_id);
  absl::StatusOr<v1::RescoreResponse> Rescore(const v1::RescoreRequest& request);
  absl::StatusOr<v1::ListItemsResponse> ListItems(const v1::ListItemsRequest& request);
  // `read` gives the next message, or false at the end; `is_whole` tells then whether the caller
  // ended the stream itself. ResourceExhausted while others are importing: each holds a connection
  // of the database for as long as its caller takes.
  absl::StatusOr<v1::ImportRunsResponse> Import(
      const std::function<bool(v1::ImportRunsRequest*)>& read,
      const std::function<bool()>& is_whole);

 private:
  Database* const database_;
  BenchmarkCatalog* const catalog_;
  DatasetCache* const cache_;
  Clock* const clock_;
  std::atomic<int> imports_ = 0;  // under way
  RescoreStore runs_;
  AnswerStore answers_;
  Rescorer rescorer_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_EXCHANGE_RPCS_H_
