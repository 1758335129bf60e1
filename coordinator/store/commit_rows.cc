#include "coordinator/store/commit_rows.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/store/cluster_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/prediction_rows.h"
#include "coordinator/store/prepared.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/score_rows.h"

namespace assay {
namespace {

constexpr char kNow[] = "SELECT extract(epoch FROM now())";
constexpr char kEndShards[] =
    "UPDATE shards SET state = 'done', deadline = NULL WHERE shard_id = ANY($1::bigint[])";
// Of each group, $8: values that are neither 0 nor 1, as the text of an array; the ones are among
// those that are counted in $4. Groups of unclustered items ($9) are their own clusters.
constexpr char kCountGroups[] =
    "INSERT INTO run_groups AS g "
    "  (run_id, group_name, items, correct, errors, unanswered, unparsable, values_sum, "
    "  squares_sum, clusters, n_n, n_correct, correct_correct, n_values, values_values) "
    "SELECT c.run_id, c.group_name, c.items, c.correct, c.errors, c.unanswered, c.unparsable, "
    "  v.sum, v.squares, c.single, c.single, c.single_correct, c.single_correct, "
    "  CASE WHEN c.single > 0 THEN v.sum ELSE 0 END, "
    "  CASE WHEN c.single > 0 THEN v.squares ELSE 0 END "
    "FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "  $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[]) AS c "
    "  (run_id, group_name, items, correct, errors, unanswered, unparsable, fractions, single, "
    "  single_correct, ones) "
    "CROSS JOIN LATERAL (SELECT c.ones + coalesce(sum(f), 0) AS sum, "
    "  c.ones + coalesce(sum(f * f), 0) AS squares FROM unnest(c.fractions::numeric[]) f) v "
    "ORDER BY c.run_id, c.group_name "
    "ON CONFLICT (run_id, group_name) DO UPDATE SET "
    "  items = g.items + excluded.items, correct = g.correct + excluded.correct, "
    "  errors = g.errors + excluded.errors, unanswered = g.unanswered + excluded.unanswered, "
    "  unparsable = g.unparsable + excluded.unparsable, "
    "  values_sum = g.values_sum + excluded.values_sum, "
    "  squares_sum = g.squares_sum + excluded.squares_sum, "
    "  clusters = g.clusters + excluded.clusters, n_n = g.n_n + excluded.n_n, "
    "  n_correct = g.n_correct + excluded.n_correct, "
    "  correct_correct = g.correct_correct + excluded.correct_correct, "
    "  n_values = g.n_values + excluded.n_values, "
    "  values_values = g.values_values + excluded.values_values";
// The run's row is what commits of one run wait for each other at, so it is touched last.
constexpr char kLockRuns[] =
    "SELECT run_id FROM runs WHERE run_id = ANY($1::bigint[]) ORDER BY run_id FOR NO KEY UPDATE";
constexpr char kCountItems[] =
    "UPDATE runs r SET items_done = r.items_done + c.items, "
    "  items_failed = r.items_failed + c.failed, "
    "  prompt_tokens = r.prompt_tokens + c.prompt_tokens, "
    "  cached_tokens = r.cached_tokens + c.cached_tokens, "
    "  generated_tokens = r.generated_tokens + c.generated_tokens, "
    "  items_reused = r.items_reused + c.reused, "
    "  reused_tokens = r.reused_tokens + c.reused_tokens, "
    "  state = CASE WHEN r.items_done + c.items = r.items THEN 'completed' ELSE r.state END, "
    "  finished = CASE WHEN r.items_done + c.items = r.items THEN clock_timestamp() END "
    "FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "  $6::bigint[], $7::bigint[], $8::bigint[]) AS c (run_id, items, failed, prompt_tokens, "
    "  cached_tokens, generated_tokens, reused, reused_tokens) "
    "WHERE r.run_id = c.run_id RETURNING r.state = 'completed', r.job_id";

struct GroupCounts {
  int64_t items = 0;
  int64_t correct = 0;
  int64_t errors = 0;
  int64_t unanswered = 0;
  int64_t unparsable = 0;
  std::vector<double> fractions;  // values that are neither 0 nor 1
  int64_t ones = 0;
  int64_t single = 0;  // items of shards that are not clustered
  int64_t single_correct = 0;
};
using Groups = std::map<std::pair<int64_t, std::string>, GroupCounts>;

struct RunCounts {
  int64_t items = 0;
  int64_t failed = 0;
  int64_t prompt_tokens = 0;
  int64_t cached_tokens = 0;
  int64_t generated_tokens = 0;
  int64_t reused = 0;
  int64_t reused_tokens = 0;
  std::vector<const GradedItem*> clustered;
};

void Count(const GradedItem& item, bool clustered, GroupCounts& group, RunCounts& run) {
  const Prediction& prediction = item.prediction;
  const bool correct = item.score.verdict == Verdict::kCorrect;
  ++group.items;
  group.correct += correct ? 1 : 0;
  group.errors += item.score.verdict == Verdict::kError ? 1 : 0;
  group.unanswered += item.score.verdict == Verdict::kUnanswered ? 1 : 0;
  group.unparsable += item.score.verdict == Verdict::kUnparsable ? 1 : 0;
  const double value = item.score.value();
  if (value == 1) {
    ++group.ones;
  } else if (value != 0) {
    group.fractions.push_back(value);
  }
  if (!clustered) {
    ++group.single;
    group.single_correct += correct ? 1 : 0;
  }
  const int64_t generated = GeneratedTokens(prediction);
  ++run.items;
  run.failed += prediction.error.empty() ? 0 : 1;
  run.prompt_tokens += prediction.prompt_tokens;
  run.cached_tokens += prediction.cached_tokens;
  run.generated_tokens += generated;
  if (prediction.reused_run != 0) {
    ++run.reused;
    run.reused_tokens += prediction.prompt_tokens - prediction.cached_tokens + generated;
  }
}

void CountGroups(pqxx::work& tx, const Groups& groups) {
  std::vector<int64_t> run_ids, items, correct, errors, unanswered, unparsable, single,
      single_correct, ones;
  std::vector<std::string> names, fractions;
  for (const auto& [group, counts] : groups) {
    run_ids.push_back(group.first);
    names.push_back(group.second);
    items.push_back(counts.items);
    correct.push_back(counts.correct);
    errors.push_back(counts.errors);
    unanswered.push_back(counts.unanswered);
    unparsable.push_back(counts.unparsable);
    fractions.push_back(EncodeArray(counts.fractions));
    single.push_back(counts.single);
    single_correct.push_back(counts.single_correct);
    ones.push_back(counts.ones);
  }
  ExecPrepared(tx, kCountGroups, EncodeArray(run_ids), EncodeArray(names), EncodeArray(items),
               EncodeArray(correct), EncodeArray(errors), EncodeArray(unanswered),
               EncodeArray(unparsable), EncodeArray(fractions), EncodeArray(single),
               EncodeArray(single_correct), EncodeArray(ones));
}

pqxx::result CountRuns(pqxx::work& tx, const std::map<int64_t, RunCounts>& runs) {
  std::vector<int64_t> run_ids, items, failed, prompt_tokens, cached_tokens, generated_tokens,
      reused, reused_tokens;
  for (const auto& [run_id, counts] : runs) {
    run_ids.push_back(run_id);
    items.push_back(counts.items);
    failed.push_back(counts.failed);
    prompt_tokens.push_back(counts.prompt_tokens);
    cached_tokens.push_back(counts.cached_tokens);
    generated_tokens.push_back(counts.generated_tokens);
    reused.push_back(counts.reused);
    reused_tokens.push_back(counts.reused_tokens);
  }
  const std::string ids = EncodeArray(run_ids);
  ExecPrepared(tx, kLockRuns, ids);
  return ExecPrepared(tx, kCountItems, ids, EncodeArray(items), EncodeArray(failed),
                      EncodeArray(prompt_tokens), EncodeArray(cached_tokens),
                      EncodeArray(generated_tokens), EncodeArray(reused),
                      EncodeArray(reused_tokens));
}

}  // namespace

void StoreShards(pqxx::work& tx, absl::Span<const DoneShard> shards) {
  if (shards.empty()) return;
  const double now = ExecPrepared(tx, kNow)[0][0].as<double>();
  const absl::Time committed = absl::FromUnixMicros(static_cast<int64_t>(now * 1e6));
  size_t items = 0;
  for (const DoneShard& shard : shards) items += shard.items.size();
  std::vector<PredictionRow> predictions;
  std::vector<ScoreRow> scores;
  predictions.reserve(items);
  scores.reserve(items);
  std::vector<int64_t> shard_ids;
  Groups groups;
  std::map<int64_t, RunCounts> runs;
  for (const DoneShard& shard : shards) {
    shard_ids.push_back(shard.key.shard_id);
    RunCounts& run = runs[shard.run_id];
    Groups::value_type* group = nullptr;
    for (const GradedItem& item : shard.items) {
      predictions.push_back({shard.run_id, item.ordinal, &item.prediction, shard.key, committed});
      scores.push_back({shard.run_id, item.ordinal, item.prediction.sample_index, &item.score});
      if (group == nullptr || group->first.second != item.group) {
        group = &*groups.try_emplace({shard.run_id, item.group}).first;
      }
      Count(item, shard.clustered, group->second, run);
      if (shard.clustered) run.clustered.push_back(&item);
    }
  }
  CopyPredictions(tx, predictions);
  CopyScores(tx, scores);
  ExecPrepared(tx, kEndShards, EncodeArray(shard_ids));
  CountGroups(tx, groups);
  for (const auto& [run_id, counts] : runs) {
    if (!counts.clustered.empty()) AddToClusters(tx, run_id, counts.clustered);
  }
  std::set<int64_t> jobs;
  for (const auto& row : CountRuns(tx, runs)) {
    if (row[0].as<bool>()) jobs.insert(row[1].as<int64_t>());
  }
  for (const int64_t job : jobs) EndJobIfDone(tx, job);
}

}  // namespace assay
