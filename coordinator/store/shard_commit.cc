#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "coordinator/store/commit_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/prepared.h"
#include "coordinator/store/shard_store.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// In the order of their ids, so that two commits do not wait for each other in a circle.
constexpr char kLockShards[] =
    "SELECT s.shard_id, s.state, s.attempt, s.lease_id, s.run_id, "
    "  cardinality(s.item_ordinals) * r.samples, r.samples FROM shards s JOIN runs r USING "
    "(run_id) "
    "WHERE s.shard_id = ANY($1::bigint[]) ORDER BY s.shard_id FOR UPDATE OF s";

struct LockedShard {
  std::string state;
  int attempt = 0;
  int64_t lease_id = 0;  // 0: it was never leased
  int64_t run_id = 0;
  size_t predictions = 0;  // of a whole result
  int samples = 1;
};

std::map<int64_t, LockedShard> LockShards(pqxx::work& tx, absl::Span<const ShardCommit> commits) {
  std::vector<int64_t> ids;
  for (const ShardCommit& commit : commits) ids.push_back(commit.key.shard_id);
  std::map<int64_t, LockedShard> shards;
  for (const auto& row : ExecPrepared(tx, kLockShards, EncodeArray(ids))) {
    LockedShard& shard = shards[row[0].as<int64_t>()];
    shard.state = row[1].c_str();
    shard.attempt = row[2].as<int>();
    shard.lease_id = row[3].is_null() ? 0 : row[3].as<int64_t>();
    shard.run_id = row[4].as<int64_t>();
    shard.predictions = row[5].as<size_t>();
    shard.samples = row[6].as<int>();
  }
  return shards;
}

}  // namespace

absl::StatusOr<std::vector<CommitOutcome>> ShardStore::CommitAll(
    absl::Span<const ShardCommit> commits) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<CommitOutcome>> {
    std::map<int64_t, LockedShard> shards = LockShards(tx, commits);
    std::vector<CommitOutcome> outcomes;
    std::vector<DoneShard> done;
    for (const ShardCommit& commit : commits) {
      const auto found = shards.find(commit.key.shard_id);
      if (found == shards.end() || found->second.lease_id != commit.key.lease_id ||
          found->second.attempt != commit.key.attempt ||
          (found->second.state != "leased" && found->second.state != "done")) {
        outcomes.push_back(CommitOutcome::kStale);
        continue;
      }
      LockedShard& shard = found->second;
      if (shard.state == "done") {
        outcomes.push_back(CommitOutcome::kDuplicate);
        continue;
      }
      if (commit.items.size() != shard.predictions) {
        return absl::InternalError(absl::StrCat("shard ", commit.key.shard_id, " has ",
                                                shard.predictions, " samples of items, not ",
                                                commit.items.size()));
      }
      done.push_back(
          {commit.key, shard.run_id, commit.items, commit.clustered || shard.samples > 1});
      shard.state = "done";
      outcomes.push_back(CommitOutcome::kAccepted);
    }
    StoreShards(tx, done);
    return outcomes;
  });
}

absl::StatusOr<CommitOutcome> ShardStore::Commit(const LeaseKey& key,
                                                 absl::Span<const GradedItem> items) {
  const ShardCommit commit = {key, items};
  ASSAY_ASSIGN_OR_RETURN(const std::vector<CommitOutcome> outcomes, CommitAll({&commit, 1}));
  return outcomes.front();
}

}  // namespace assay
