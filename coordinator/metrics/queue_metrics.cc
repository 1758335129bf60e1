#include "coordinator/metrics/queue_metrics.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
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

// Runs of one job, model and benchmark are one series.
void AddTo(const std::map<std::string, std::string>& labels, double value, Values* values) {
  for (auto& [known, sum] : *values) {
    if (known != labels) continue;
    sum += value;
    return;
  }
  values->push_back({labels, value});
}

}  // namespace

std::vector<MetricFamily> DescribeQueue(const QueueState& state) {
  const auto number = [](int64_t value) { return static_cast<double>(value); };
  QueueState shown = state;
  // There is always a value to compare with.
  for (const char* job : {"pending", "running"}) shown.jobs.emplace(job, 0);
  Values items, done, failed;
  for (const RunCounts& run : state.runs) {
    const std::map<std::string, std::string> labels = {
        {"job_id", std::to_string(run.job_id)}, {"model", run.model}, {"benchmark", run.benchmark}};
    AddTo(labels, number(run.items), &items);
    AddTo(labels, number(run.done), &done);
    AddTo(labels, number(run.failed), &failed);
  }
  std::vector<MetricFamily> families = {
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
      Gauge("assay_job_items",
            "Items of jobs that are under way or have just ended, with all samples", items),
      Gauge("assay_job_items_done", "Of those, the ones that have a prediction or an error", done),
      Gauge("assay_job_items_failed", "Of those, the ones that have an error", failed),
      Gauge("assay_database_size_bytes", "Size of the database",
            {{{}, number(state.database_bytes)}}),
  };
  std::error_code error;
  const std::filesystem::space_info disk =
      state.data_directory.empty() ? std::filesystem::space_info{}
                                   : std::filesystem::space(state.data_directory, error);
  if (!state.data_directory.empty() && !error) {
    families.push_back(Gauge("assay_database_disk_bytes",
                             "Size of the file system that the database is on, where that is this "
                             "machine's",
                             {{{}, static_cast<double>(disk.capacity)}}));
    families.push_back(Gauge("assay_database_disk_free_bytes", "Of that, what is free",
                             {{{}, static_cast<double>(disk.available)}}));
  }
  return families;
}

std::vector<MetricFamily> QueueMetrics::Collect() const {
  absl::MutexLock lock(&mutex_);
  const absl::Time now = clock_->Now();
  if (now - asked_ < kFresh) return families_;
  asked_ = now;
  const absl::StatusOr<QueueState> state = store_->Read();
  families_ = state.ok() ? DescribeQueue(*state)
                         : std::vector<MetricFamily>{Gauge(
                               "assay_database_up", "Whether the database answered", {{{}, 0.0}})};
  return families_;
}

}  // namespace assay
