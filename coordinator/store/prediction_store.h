// Stored predictions with their verdicts, in pages.
#ifndef ASSAY_COORDINATOR_STORE_PREDICTION_STORE_H_
#define ASSAY_COORDINATOR_STORE_PREDICTION_STORE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/domain/prediction.h"
#include "coordinator/store/database.h"

namespace assay {

struct PredictionFilter {
  int64_t job_id = 0;
  // Empty: all. `benchmark` is what the run's dataset is called, or its benchmark.
  std::string benchmark = "";
  std::string model = "";
  std::string item_id = "";
  bool only_wrong = false;             // all but correct
  std::vector<Verdict> verdicts = {};  // empty: all
  int64_t run_id = 0;                  // 0: all runs; otherwise job_id may be 0
  bool other_scores = false;           // also those of other graders than the run's current one
};

// A place in the order of run, item and sample. The first page is after {}.
struct PredictionPosition {
  int64_t run_id = 0;
  int64_t ordinal = -1;
  int sample_index = -1;
};

struct StoredPrediction {
  PredictionPosition position;
  std::string benchmark = "";
  std::string model = "";
  std::string group;
  std::string target;
  std::vector<std::string> choices;  // labels; empty when the answer is free text
  absl::Time committed;
  Prediction prediction;
  Score score;                      // by the run's current grader
  std::vector<Score> other_scores;  // in order of grader
};

struct PredictionPage {
  std::vector<StoredPrediction> predictions;
  bool more = false;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class PredictionStore {
 public:
  explicit PredictionStore(Database* database) : database_(database) {}

  // At most `limit` predictions after `after`, and fewer when they pass `limit_bytes` together, but
  // at least one if there is one. NotFound for an unknown job or run.
  absl::StatusOr<PredictionPage> List(const PredictionFilter& filter,
                                      const PredictionPosition& after, int limit,
                                      size_t limit_bytes);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_PREDICTION_STORE_H_
