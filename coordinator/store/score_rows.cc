#include "coordinator/store/score_rows.h"

#include "coordinator/store/cluster_rows.h"
#include "coordinator/store/copy_writer.h"

namespace assay {
namespace {

constexpr char kColumns[] =
    "scores (run_id, item_ordinal, sample_index, grader, grader_version, verdict, extracted, "
    "partial)";
constexpr int kColumnCount = 8;

// Rows that are there stay the same rows: who waits for a group's lock goes on with its new sums.
constexpr char kRecountGroups[] =
    "INSERT INTO run_groups AS g "
    "  (run_id, group_name, items, correct, errors, unanswered, unparsable, values_sum, "
    "  squares_sum) "
    "SELECT $1, i.group_name, count(*), count(*) FILTER (WHERE s.verdict = 'correct'), "
    "  count(*) FILTER (WHERE s.verdict = 'error'), "
    "  count(*) FILTER (WHERE s.verdict = 'unanswered'), "
    "  count(*) FILTER (WHERE s.verdict = 'unparsable'), sum(v.value), sum(v.value * v.value) "
    "FROM runs r JOIN scores s ON s.run_id = r.run_id AND s.grader = r.grader "
    "JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = s.item_ordinal "
    "CROSS JOIN LATERAL (SELECT coalesce(s.partial::numeric, (s.verdict = 'correct')::integer) "
    "  AS value) v "
    "WHERE r.run_id = $1 GROUP BY i.group_name ORDER BY i.group_name "
    "ON CONFLICT (run_id, group_name) DO UPDATE SET items = excluded.items, "
    "  correct = excluded.correct, errors = excluded.errors, unanswered = excluded.unanswered, "
    "  unparsable = excluded.unparsable, values_sum = excluded.values_sum, "
    "  squares_sum = excluded.squares_sum";

}  // namespace

void CopyScores(pqxx::work& tx, absl::Span<const ScoreRow> rows) {
  CopyWriter copy(tx, kColumns, kColumnCount);
  for (const ScoreRow& row : rows) {
    copy.StartRow();
    copy.Int64(row.run_id);
    copy.Int32(static_cast<int32_t>(row.ordinal));
    copy.Int32(row.sample_index);
    copy.Text(row.score->grader);
    copy.Int32(row.score->grader_version);
    copy.Text(VerdictName(row.score->verdict));
    copy.Bytes(row.score->extracted);
    if (row.score->partial.has_value()) {
      copy.Double(*row.score->partial);
    } else {
      copy.Null();
    }
  }
  copy.Complete();
}

void RecountRun(pqxx::work& tx, int64_t run_id) {
  tx.exec_params(kRecountGroups, run_id);
  RecountClusters(tx, run_id);
}

}  // namespace assay
