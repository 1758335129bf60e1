#include "coordinator/store/commit_rows.h"

#include <map>
#include <string>
#include <vector>

#include "coordinator/store/cluster_rows.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/prediction_rows.h"
#include "coordinator/store/run_rows.h"
#include "coordinator/store/score_rows.h"

namespace assay {
namespace {

// The run's row is what commits of one run wait for each other at, so it is touched last.
constexpr char kCountItems[] =
    "UPDATE runs SET items_done = items_done + $2, items_failed = items_failed + $3, "
    "  prompt_tokens = prompt_tokens + $4, cached_tokens = cached_tokens + $5, "
    "  generated_tokens = generated_tokens + $6, "
    "  state = CASE WHEN items_done + $2 = items THEN 'completed' ELSE state END, "
    "  finished = CASE WHEN items_done + $2 = items THEN clock_timestamp() END "
    "WHERE run_id = $1 RETURNING state = 'completed', job_id";
constexpr char kCountGroup[] =
    "INSERT INTO run_groups AS g "
    "  (run_id, group_name, items, correct, errors, unanswered, unparsable, values_sum, "
    "  squares_sum) "
    "SELECT $1::bigint, $2::text, $3::bigint, $4::bigint, $5::bigint, $6::bigint, $7::bigint, "
    "  coalesce(sum(v), 0), coalesce(sum(v * v), 0) "
    "FROM unnest($8::numeric[]) v "
    "ON CONFLICT (run_id, group_name) DO UPDATE SET "
    "  items = g.items + excluded.items, correct = g.correct + excluded.correct, "
    "  errors = g.errors + excluded.errors, unanswered = g.unanswered + excluded.unanswered, "
    "  unparsable = g.unparsable + excluded.unparsable, values_sum = g.values_sum + "
    "excluded.values_sum, "
    "  squares_sum = g.squares_sum + excluded.squares_sum";
constexpr char kEndShard[] =
    "UPDATE shards SET state = 'done', deadline = NULL WHERE shard_id = $1";

struct Counts {
  int64_t items = 0;
  int64_t correct = 0;
  int64_t errors = 0;
  int64_t unanswered = 0;
  int64_t unparsable = 0;
  std::vector<double> values;
};

}  // namespace

void StoreShard(pqxx::work& tx, const LeaseKey& key, int64_t run_id,
                absl::Span<const GradedItem> items) {
  std::vector<PredictionRow> predictions;
  std::vector<ScoreRow> scores;
  for (const GradedItem& item : items) {
    predictions.push_back({item.ordinal, &item.prediction, "now"});
    scores.push_back({item.ordinal, item.prediction.sample_index, item.score});
  }
  CopyPredictions(tx, key, run_id, predictions);
  CopyScores(tx, run_id, scores);
  std::map<std::string, Counts> groups;
  int64_t failed = 0, prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0;
  for (const GradedItem& item : items) {
    Counts& group = groups[item.group];
    ++group.items;
    group.correct += item.score.verdict == Verdict::kCorrect ? 1 : 0;
    group.errors += item.score.verdict == Verdict::kError ? 1 : 0;
    group.unanswered += item.score.verdict == Verdict::kUnanswered ? 1 : 0;
    group.unparsable += item.score.verdict == Verdict::kUnparsable ? 1 : 0;
    group.values.push_back(item.score.value());
    failed += item.prediction.error.empty() ? 0 : 1;
    prompt_tokens += item.prediction.prompt_tokens;
    cached_tokens += item.prediction.cached_tokens;
    generated_tokens += GeneratedTokens(item.prediction);
  }
  tx.exec_params(kEndShard, key.shard_id);
  for (const auto& [group, counts] : groups) {
    tx.exec_params(kCountGroup, run_id, group, counts.items, counts.correct, counts.errors,
                   counts.unanswered, counts.unparsable, EncodeArray(counts.values));
  }
  AddToClusters(tx, run_id, items);
  const pqxx::row run = tx.exec_params1(kCountItems, run_id, static_cast<int64_t>(items.size()),
                                        failed, prompt_tokens, cached_tokens, generated_tokens);
  if (run[0].as<bool>()) EndJobIfDone(tx, run[1].as<int64_t>());
}

}  // namespace assay
