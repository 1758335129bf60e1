// Internal to the store: the sums of a run's groups.
#ifndef ASSAY_COORDINATOR_STORE_GROUP_ROWS_H_
#define ASSAY_COORDINATOR_STORE_GROUP_ROWS_H_

#include "common/domain/group_count.h"
#include "coordinator/store/connection.h"

namespace assay {

// Of `run_groups` as g, in the order that ReadGroupCount expects them.
inline constexpr char kGroupColumns[] =
    "g.group_name, g.items, g.correct, g.errors, g.unanswered, g.unparsable, "
    "g.values_sum::double precision, g.squares_sum::double precision, g.clusters, "
    "g.n_n::double precision, g.n_correct::double precision, "
    "g.correct_correct::double precision, g.n_values::double precision, "
    "g.values_values::double precision";

// The sums in the columns from `first`.
inline GroupCount ReadGroupCount(const pqxx::row& row, int first) {
  GroupCount count;
  int i = first;
  count.group = row[i++].c_str();
  count.items = row[i++].as<int64_t>();
  count.correct = row[i++].as<int64_t>();
  count.errors = row[i++].as<int64_t>();
  count.unanswered = row[i++].as<int64_t>();
  count.unparsable = row[i++].as<int64_t>();
  count.values = row[i++].as<double>();
  count.squared_values = row[i++].as<double>();
  count.clusters.clusters = row[i++].as<int64_t>();
  count.clusters.n_n = row[i++].as<double>();
  count.clusters.n_correct = row[i++].as<double>();
  count.clusters.correct_correct = row[i++].as<double>();
  count.clusters.n_values = row[i++].as<double>();
  count.clusters.values_values = row[i++].as<double>();
  return count;
}

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_GROUP_ROWS_H_
