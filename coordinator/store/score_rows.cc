#include "coordinator/store/score_rows.h"

#include <string>
#include <tuple>

#include "coordinator/store/cluster_rows.h"
#include "coordinator/store/encoding.h"

namespace assay {
namespace {

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

void CopyScores(pqxx::work& tx, int64_t run_id, absl::Span<const ScoreRow> rows) {
  const std::vector<std::string> columns = {"run_id",    "item_ordinal",   "sample_index",
                                            "grader",    "grader_version", "verdict",
                                            "extracted", "partial"};
  pqxx::stream_to stream(tx, "scores", columns);
  for (const ScoreRow& row : rows) {
    stream << std::make_tuple(run_id, row.ordinal, row.sample_index, row.score.grader,
                              row.score.grader_version, std::string(VerdictName(row.score.verdict)),
                              EncodeBytes(row.score.extracted), row.score.partial);
  }
  stream.complete();
}

void RecountRun(pqxx::work& tx, int64_t run_id) {
  tx.exec_params(kRecountGroups, run_id);
  RecountClusters(tx, run_id);
}

}  // namespace assay
