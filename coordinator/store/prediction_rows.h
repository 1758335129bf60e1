// Internal to the store: rows of the table `predictions`, as commits and imports write them.
#ifndef ASSAY_COORDINATOR_STORE_PREDICTION_ROWS_H_
#define ASSAY_COORDINATOR_STORE_PREDICTION_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "common/domain/worker.h"
#include "coordinator/store/connection.h"

namespace assay {

struct PredictionRow {
  int64_t item_ordinal = 0;
  const Prediction* prediction = nullptr;
  std::string committed;  // as PostgreSQL reads a time
};

// `key` is the lease that they were made under; all zeros for runs from elsewhere.
void CopyPredictions(pqxx::work& tx, const LeaseKey& key, int64_t run_id,
                     absl::Span<const PredictionRow> rows);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_PREDICTION_ROWS_H_
