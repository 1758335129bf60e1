#include "coordinator/store/cluster_rows.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "coordinator/store/encoding.h"

namespace assay {
namespace {

// What a cluster adds to the sums of its group is the difference of what it comes to with and
// without the new scores.
constexpr char kAdd[] =
    "WITH scored AS ("
    "  SELECT i.group_name, s.correct, s.value, "
    "    CASE WHEN r.samples > 1 THEN coalesce(i.cluster, i.ordinal) ELSE i.cluster END AS cluster "
    "  FROM unnest($2::integer[], $3::integer[], $4::numeric[]) AS s (ordinal, correct, value) "
    "  JOIN runs r ON r.run_id = $1 "
    "  JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = s.ordinal), "
    "added AS ("
    "  SELECT cluster, min(group_name) AS group_name, count(*) AS n, sum(correct) AS c, "
    "    sum(value) AS v FROM scored WHERE cluster IS NOT NULL GROUP BY cluster ORDER BY cluster), "
    "changed AS ("
    "  INSERT INTO run_clusters AS k (run_id, cluster, group_name, items, correct, values_sum) "
    "  SELECT $1, cluster, group_name, n, c, v FROM added "
    "  ON CONFLICT (run_id, cluster) DO UPDATE SET items = k.items + excluded.items, "
    "    correct = k.correct + excluded.correct, values_sum = k.values_sum + excluded.values_sum "
    "  RETURNING cluster, items AS n, correct AS c, values_sum AS v), "
    "parts AS ("
    "  SELECT a.group_name, (k.n = a.n)::integer AS clusters, "
    "    k.n * k.n - (k.n - a.n) * (k.n - a.n) AS n_n, "
    "    k.n * k.c - (k.n - a.n) * (k.c - a.c) AS n_correct, "
    "    k.c * k.c - (k.c - a.c) * (k.c - a.c) AS correct_correct, "
    "    k.n * k.v - (k.n - a.n) * (k.v - a.v) AS n_values, "
    "    k.v * k.v - (k.v - a.v) * (k.v - a.v) AS values_values "
    "  FROM added a JOIN changed k USING (cluster) "
    "  UNION ALL "
    "  SELECT group_name, 1, 1, correct, correct, value, value * value FROM scored "
    "  WHERE cluster IS NULL) "
    "UPDATE run_groups g SET clusters = g.clusters + p.clusters, n_n = g.n_n + p.n_n, "
    "  n_correct = g.n_correct + p.n_correct, "
    "  correct_correct = g.correct_correct + p.correct_correct, "
    "  n_values = g.n_values + p.n_values, values_values = g.values_values + p.values_values "
    "FROM (SELECT group_name, sum(clusters) AS clusters, sum(n_n) AS n_n, "
    "        sum(n_correct) AS n_correct, sum(correct_correct) AS correct_correct, "
    "        sum(n_values) AS n_values, sum(values_values) AS values_values "
    "      FROM parts GROUP BY group_name) p "
    "WHERE g.run_id = $1 AND g.group_name = p.group_name";

constexpr char kForget[] = "DELETE FROM run_clusters WHERE run_id = $1";
constexpr char kRecount[] =
    "WITH scored AS ("
    "  SELECT i.group_name, (s.verdict = 'correct')::integer AS correct, "
    "    coalesce(s.partial::numeric, (s.verdict = 'correct')::integer) AS value, "
    "    CASE WHEN r.samples > 1 THEN coalesce(i.cluster, i.ordinal) ELSE i.cluster END AS cluster "
    "  FROM runs r JOIN scores s ON s.run_id = r.run_id AND s.grader = r.grader "
    "  JOIN items i ON i.dataset_id = r.dataset_id AND i.ordinal = s.item_ordinal "
    "  WHERE r.run_id = $1), "
    "clustered AS ("
    "  INSERT INTO run_clusters (run_id, cluster, group_name, items, correct, values_sum) "
    "  SELECT $1, cluster, min(group_name), count(*), sum(correct), sum(value) FROM scored "
    "  WHERE cluster IS NOT NULL GROUP BY cluster "
    "  RETURNING group_name, items AS n, correct AS c, values_sum AS v), "
    "parts AS ("
    "  SELECT group_name, n, c, v FROM clustered UNION ALL "
    "  SELECT group_name, 1, correct, value FROM scored WHERE cluster IS NULL) "
    "UPDATE run_groups g SET clusters = p.clusters, n_n = p.n_n, n_correct = p.n_correct, "
    "  correct_correct = p.correct_correct, n_values = p.n_values, "
    "  values_values = p.values_values "
    "FROM (SELECT group_name, count(*) AS clusters, sum(n * n) AS n_n, sum(n * c) AS n_correct, "
    "        sum(c * c) AS correct_correct, sum(n * v) AS n_values, sum(v * v) AS values_values "
    "      FROM parts GROUP BY group_name) p "
    "WHERE g.run_id = $1 AND g.group_name = p.group_name";

}  // namespace

std::vector<std::optional<int64_t>> ItemClusters(absl::Span<const Item> items) {
  std::map<std::pair<absl::string_view, absl::string_view>, std::vector<size_t>> by_passage;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto passage = items[i].fields.find("passage");
    if (passage != items[i].fields.end()) {
      by_passage[{items[i].group, passage->second}].push_back(i);
    }
  }
  std::vector<std::optional<int64_t>> clusters(items.size());
  for (const auto& [passage, places] : by_passage) {
    if (places.size() < 2) continue;
    for (const size_t place : places) clusters[place] = items[places.front()].ordinal;
  }
  return clusters;
}

void AddToClusters(pqxx::work& tx, int64_t run_id, absl::Span<const GradedItem* const> items) {
  std::vector<int64_t> ordinals, correct;
  std::vector<double> values;
  for (const GradedItem* item : items) {
    ordinals.push_back(item->ordinal);
    correct.push_back(item->score.verdict == Verdict::kCorrect ? 1 : 0);
    values.push_back(item->score.value());
  }
  tx.exec_params(kAdd, run_id, EncodeArray(ordinals), EncodeArray(correct), EncodeArray(values));
}

void RecountClusters(pqxx::work& tx, int64_t run_id) {
  tx.exec_params(kForget, run_id);
  tx.exec_params(kRecount, run_id);
}

}  // namespace assay
