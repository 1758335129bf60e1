// How long the database takes, and how many of its connections are in use: docs/monitoring.md.
#ifndef ASSAY_COORDINATOR_METRICS_DATABASE_METRICS_H_
#define ASSAY_COORDINATOR_METRICS_DATABASE_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "coordinator/store/database.h"
#include "coordinator/store/database_observer.h"

namespace assay {

// "ShardStore::Lease" of "absl::StatusOr<assay::X> assay::ShardStore::Lease(int)".
std::string OperationName(absl::string_view signature);
// "UPDATE shards" of "WITH picked AS (SELECT ...) UPDATE shards s SET ...": what a statement does
// last, and to which table.
std::string StatementName(absl::string_view sql);

// Thread-safe. There are as many series as the program has transactions and prepared statements.
class DatabaseMetrics : public DatabaseObserver {
 public:
  // `registry` must outlive it.
  explicit DatabaseMetrics(prometheus::Registry* registry);

  void Acquired(absl::Duration waited) override;
  void Transacted(const char* function, Outcome outcome, absl::Duration took) override;
  void Executed(const char* sql, absl::Duration took) override;

 private:
  prometheus::Histogram& SeriesOf(const char* text, const char* label,
                                  std::string (*name)(absl::string_view),
                                  prometheus::Family<prometheus::Histogram>& family,
                                  std::map<const char*, prometheus::Histogram*>& known)
      ABSL_LOCKS_EXCLUDED(mutex_);

  prometheus::Histogram& acquire_seconds_;
  prometheus::Family<prometheus::Histogram>& transaction_seconds_;
  prometheus::Family<prometheus::Histogram>& statement_seconds_;
  prometheus::Counter& rolled_back_;
  absl::Mutex mutex_;
  // By where the texts are, each of which lives as long as the program.
  std::map<const char*, prometheus::Histogram*> operations_ ABSL_GUARDED_BY(mutex_);
  std::map<const char*, prometheus::Histogram*> statements_ ABSL_GUARDED_BY(mutex_);
};

// The pool's connections, at each scrape. Thread-safe.
class ConnectionMetrics : public prometheus::Collectable {
 public:
  // `database` must outlive it.
  explicit ConnectionMetrics(Database* database) : database_(database) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_METRICS_DATABASE_METRICS_H_
