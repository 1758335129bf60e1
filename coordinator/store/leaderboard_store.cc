#include "coordinator/store/leaderboard_store.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/group_rows.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kRuns[] =
    "SELECT %s, r.state, r.items, r.items_done, r.grader FROM runs r JOIN datasets d USING "
    "(dataset_id) "
    "WHERE r.state NOT IN ('cancelled', 'failed') ORDER BY r.run_id DESC";
constexpr char kGroups[] =
    "SELECT g.run_id, %s FROM run_groups g WHERE g.run_id = ANY($1::bigint[]) "
    "ORDER BY g.run_id, g.group_name COLLATE \"C\"";

}  // namespace

absl::StatusOr<std::vector<RunSummary>> LeaderboardStore::Runs() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<RunSummary>> {
    std::vector<RunSummary> runs;
    for (const auto& row : tx.exec(absl::StrFormat(kRuns, kRunSpecColumns))) {
      RunSummary& run = runs.emplace_back();
      ASSAY_ASSIGN_OR_RETURN(run.spec, ReadRunSpec(row, 0));
      ASSAY_ASSIGN_OR_RETURN(run.state, ParseState(row[kRunSpecColumnCount].c_str()));
      run.items = row[kRunSpecColumnCount + 1].as<int64_t>();
      run.items_done = row[kRunSpecColumnCount + 2].as<int64_t>();
      run.grader = row[kRunSpecColumnCount + 3].c_str();
    }
    return runs;
  });
}

absl::StatusOr<std::map<int64_t, std::vector<GroupCount>>> LeaderboardStore::Groups(
    absl::Span<const int64_t> run_ids) {
  using Result = absl::StatusOr<std::map<int64_t, std::vector<GroupCount>>>;
  return Transact(*database_, [&](pqxx::work& tx) -> Result {
    std::map<int64_t, std::vector<GroupCount>> groups;
    for (const auto& row :
         tx.exec_params(absl::StrFormat(kGroups, kGroupColumns), EncodeArray(run_ids))) {
      groups[row[0].as<int64_t>()].push_back(ReadGroupCount(row, 1));
    }
    return groups;
  });
}

}  // namespace assay
