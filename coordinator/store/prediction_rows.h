// Internal to the store: rows of the table `predictions`, as commits and imports write them.
#ifndef ASSAY_COORDINATOR_STORE_PREDICTION_ROWS_H_
#define ASSAY_COORDINATOR_STORE_PREDICTION_ROWS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "common/domain/worker.h"
#include "coordinator/store/connection.h"

namespace assay {

struct PredictionRow {
  int64_t run_id = 0;
  int64_t item_ordinal = 0;
  const Prediction* prediction = nullptr;
  LeaseKey key;  // the lease that it was made under; all zeros for runs from elsewhere
  absl::Time committed;
};

void CopyPredictions(pqxx::work& tx, absl::Span<const PredictionRow> rows);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_PREDICTION_ROWS_H_
