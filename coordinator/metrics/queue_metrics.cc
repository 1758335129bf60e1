#include "coordinator/metrics/queue_metrics.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "common/metrics/gathered.h"

namespace assay {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;
using Values = std::vector<std::pair<std::map<std::string, std::string>, double>>;

MetricFamily Gauge(const char* name, const char* help, const Values& values) {
  return Gathered(name, help, MetricType::Gauge, values);
}

Values By(const char* label, const std::map<std::string, int64_t>& counts) {
  Values values;
  for (const auto& [text, count] : counts) {
    values.push_back({{{label, text}}, static_cast<double>(count)});
  }
  return values;
}

std::vector<MetricFamily> Describe(const QueueState& state) {
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  QueueState shown = state;
  // There is always a value to compare with.
  for (const char* job : {"pending", "running"}) shown.jobs.emplace(job, 0);
  return {
      Gauge("assay_database_up", "Whether the database answered", {{{}, 1.0}}),
      Gauge("assay_queue_shards", "Shards that have not ended, by state",
            {{{{"state", "pending"}}, number(state.pending_shards)},
             {{{"state", "paused"}}, number(state.paused_shards)},
             {{{"state", "leased"}}, number(state.leased_shards)},
             {{{"state", "overdue"}}, number(state.overdue_leases)}}),
      Gauge("assay_queue_items", "Items of the pending shards",
            {{{}, number(state.pending_items)}}),
      Gauge("assay_queue_oldest_seconds",
            "Time since the oldest job with pending shards was submitted",
            {{{}, absl::ToDoubleSeconds(state.oldest_pending)}}),
      Gauge("assay_jobs", "Jobs that have not ended, by state", By("state", shown.jobs)),
      Gauge("assay_workers", "Workers that are connected, by engine", By("engine", state.workers)),
  };
}

}  // namespace

std::vector<MetricFamily> QueueMetrics::Collect() const {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_->Now();
  if (now - asked_ < kFresh) return families_;
  asked_ = now;
  const absl::StatusOr<QueueState> state = store_->Read();
  families_ = state.ok() ? Describe(*state)
                         : std::vector<MetricFamily>{Gauge(
                               "assay_database_up", "Whether the database answered", {{{}, 0.0}})};
  return families_;
}

}  // namespace assay
