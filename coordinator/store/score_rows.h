// Internal to the store: scores go in by COPY, and a run's sums are made of them.
#ifndef ASSAY_COORDINATOR_STORE_SCORE_ROWS_H_
#define ASSAY_COORDINATOR_STORE_SCORE_ROWS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "common/domain/prediction.h"
#include "coordinator/store/connection.h"

namespace assay {

struct ScoreRow {
  int64_t run_id = 0;
  int64_t ordinal = 0;
  int sample_index = 0;
  const Score* score = nullptr;
};

void CopyScores(pqxx::work& tx, absl::Span<const ScoreRow> rows);

// Makes the sums of the run's groups and clusters anew, out of the scores of its current grader.
void RecountRun(pqxx::work& tx, int64_t run_id);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SCORE_ROWS_H_
