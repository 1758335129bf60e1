// What a leaderboard is made of: the runs there are, and their sums, which every commit keeps up to
// date. Neither predictions nor scores are read.
#ifndef ASSAY_COORDINATOR_STORE_LEADERBOARD_STORE_H_
#define ASSAY_COORDINATOR_STORE_LEADERBOARD_STORE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/group_count.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"

namespace assay {

struct RunSummary {
  RunSpec spec;
  State state = State::kPending;
  int64_t items = 0;
  int64_t items_done = 0;
  std::string grader;  // whose verdicts its sums are of
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class LeaderboardStore {
 public:
  explicit LeaderboardStore(Database* database) : database_(database) {}

  // All runs that have not been cancelled and have not failed, the newest first.
  absl::StatusOr<std::vector<RunSummary>> Runs();
  // By run, groups in order of name; runs without a score are left out.
  absl::StatusOr<std::map<int64_t, std::vector<GroupCount>>> Groups(
      absl::Span<const int64_t> run_ids);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_LEADERBOARD_STORE_H_
