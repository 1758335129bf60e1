// All scores of a run, without what was asked and answered.
#ifndef ASSAY_COORDINATOR_STORE_RUN_SCORE_STORE_H_
#define ASSAY_COORDINATOR_STORE_RUN_SCORE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"

namespace assay {

struct ItemScore {
  int64_t ordinal = 0;  // of the item in its data set
  int sample_index = 0;
  int32_t group = 0;  // place in RunScores::groups
  // Items of a group whose field "passage" has the same text have the same number; every other item
  // has a number of its own, which its samples share. From 0 on, without a gap.
  int32_t cluster = 0;
  Verdict verdict = Verdict::kWrong;
  double value = 0;  // Score::value()
  // Of what was answered, the output or the choice that was made; equal for equal answers.
  int64_t answer_hash = 0;
};

struct RunScores {
  RunSpec spec;
  State state = State::kPending;
  int64_t predictions = 0;  // that the run has when it is done
  std::string grader;       // whose scores these are: the run's current one
  int grader_version = 0;
  std::vector<std::string> groups;  // in order of their first item
  std::vector<ItemScore> scores;    // in order of ordinal and sample
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class RunScoreStore {
 public:
  explicit RunScoreStore(Database* database) : database_(database) {}

  // The scores by the run's current grader. NotFound.
  absl::StatusOr<RunScores> Get(int64_t run_id);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_RUN_SCORE_STORE_H_
