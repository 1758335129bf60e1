#include "coordinator/store/run_score_store.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kRun[] =
    "SELECT %s, r.state, r.items, r.dataset_id, r.grader, r.grader_version "
    "FROM runs r JOIN datasets d USING (dataset_id) WHERE r.run_id = $1";

constexpr char kScores[] =
    "SELECT item_ordinal, sample_index, s.verdict, s.partial, i.group_name, "
    "  coalesce(i.cluster, i.ordinal), "
    "  ('x' || left(encode(sha256(coalesce(p.output, '') || s.extracted), 'hex'), 16))"
    "    ::bit(64)::bigint "
    "FROM scores s JOIN items i ON i.dataset_id = $2 AND i.ordinal = s.item_ordinal "
    "LEFT JOIN predictions p USING (run_id, item_ordinal, sample_index) "
    "WHERE run_id = $1 AND s.grader = $3 ORDER BY item_ordinal, sample_index";

// The number of `key` in the order in which keys were first seen.
template <typename Key>
int32_t NumberOf(std::map<Key, int32_t>& numbers, Key key) {
  return numbers.emplace(std::move(key), static_cast<int32_t>(numbers.size())).first->second;
}

absl::StatusOr<ItemScore> ReadScore(const pqxx::row& row) {
  ItemScore score;
  score.ordinal = row[0].as<int64_t>();
  score.sample_index = row[1].as<int>();
  Score graded;
  ASSAY_ASSIGN_OR_RETURN(graded.verdict, ParseVerdict(row[2].c_str()));
  if (!row[3].is_null()) graded.partial = row[3].as<double>();
  score.verdict = graded.verdict;
  score.value = graded.value();
  score.answer_hash = row[6].as<int64_t>();
  return score;
}

}  // namespace

absl::StatusOr<RunScores> RunScoreStore::Get(int64_t run_id) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<RunScores> {
    const pqxx::result runs = tx.exec_params(absl::StrFormat(kRun, kRunSpecColumns), run_id);
    if (runs.empty()) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
    const pqxx::row run = runs[0];
    RunScores result;
    ASSAY_ASSIGN_OR_RETURN(result.spec, ReadRunSpec(run, 0));
    ASSAY_ASSIGN_OR_RETURN(result.state, ParseState(run[kRunSpecColumnCount].c_str()));
    result.predictions = run[kRunSpecColumnCount + 1].as<int64_t>();
    result.grader = run[kRunSpecColumnCount + 3].c_str();
    result.grader_version = run[kRunSpecColumnCount + 4].as<int>();
    std::map<std::string, int32_t> groups;
    std::map<int64_t, int32_t> clusters;
    for (const auto& row : tx.exec_params(
             kScores, run_id, run[kRunSpecColumnCount + 2].as<int64_t>(), result.grader)) {
      ASSAY_ASSIGN_OR_RETURN(ItemScore score, ReadScore(row));
      score.group = NumberOf(groups, std::string(row[4].c_str()));
      if (groups.size() > result.groups.size()) result.groups.emplace_back(row[4].c_str());
      score.cluster = NumberOf(clusters, row[5].as<int64_t>());
      result.scores.push_back(score);
    }
    return result;
  });
}

}  // namespace assay
