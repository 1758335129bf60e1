// Which run stands in which cell of the leaderboard.
#ifndef ASSAY_COORDINATOR_LEADERBOARD_PICK_RUNS_H_
#define ASSAY_COORDINATOR_LEADERBOARD_PICK_RUNS_H_

#include <vector>

#include "absl/types/span.h"
#include "common/benchmark/benchmark.h"
#include "common/leaderboard/leaderboard.h"
#include "coordinator/store/leaderboard_store.h"

namespace assay {

// A run that has a place on the leaderboard, with what it is measured against.
struct Candidate {
  RunSummary run;
  // The run whose answers it judges; its own settings are then those of the judge.
  const RunSummary* judged = nullptr;
  // The run's protocol as the program has it now. Null: it has none of that name any more.
  const ProtocolSpec* protocol = nullptr;
  bool is_default_protocol = false;
  // That of the benchmark's that samples as often as is asked for; null: there is none, or one
  // sample is asked for.
  const ProtocolSpec* sampling_protocol = nullptr;
  bool is_current_data = false;  // of the data set that the column is of
};

struct PickedRuns {
  std::vector<Candidate> picked;  // one for each model, benchmark and protocol, in that order
  std::vector<LeaderboardOmission> omissions;  // in order of benchmark and reason
};

// `candidates` come the newest first. Runs whose protocol has no metric (their answers wait for a
// judge) are no candidates and are left out in silence.
PickedRuns PickRuns(absl::Span<const Candidate> candidates, const LeaderboardQuery& query);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEADERBOARD_PICK_RUNS_H_
