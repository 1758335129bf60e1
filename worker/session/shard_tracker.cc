#include "worker/session/shard_tracker.h"

#include <utility>
#include <variant>
#include <vector>

#include "common/tracing/span.h"

namespace assay {

LogFields LogFieldsOf(const Lease& lease) {
  LogFields fields;
  fields.job_id = lease.run.job_id;
  fields.run_id = lease.run.run_id;
  fields.shard_id = lease.key.shard_id;
  fields.model = lease.model.name;
  const TraceContext trace = ParseTraceparent(lease.traceparent).value_or(TraceContext());
  fields.trace_id = trace.trace_id;
  fields.span_id = trace.span_id;
  return fields;
}

void RecordWorkSpan(const Lease& lease, const char* name, absl::Time begin, absl::Time end,
                    const std::string& error) {
  if (!SpansAreWanted()) return;
  const auto parent = ParseTraceparent(lease.traceparent);
  if (!parent.has_value()) return;
  RecordSpan({.name = name,
              .context = NewSpan(*parent),
              .parent_span_id = parent->span_id,
              .begin = begin,
              .end = end,
              .attributes = {{"assay.model", lease.model.name}},
              .error = error});
}

void ShardTracker::Accepted(Lease* lease) {
  Shard shard;
  shard.accepted = clock_->Now();
  shard.shard_id = lease->key.shard_id;
  shard.run_id = lease->run.run_id;
  shard.job_id = lease->run.job_id;
  if (const auto parent = ParseTraceparent(lease->traceparent); parent.has_value()) {
    shard.parent_span_id = parent->span_id;
    shard.context = NewSpan(*parent);
    lease->traceparent = FormatTraceparent(shard.context);
  } else {
    lease->traceparent.clear();  // not a place that anything can be a part of
  }
  absl::MutexLock lock(&mutex_);
  shards_[lease->key.lease_id] = std::move(shard);
}

void ShardTracker::Cancelled(const LeaseKey& lease) {
  absl::MutexLock lock(&mutex_);
  shards_.erase(lease.lease_id);
}

void ShardTracker::Reported(ShardReport* report) {
  Shard shard;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = shards_.find(report->lease.lease_id);
    if (found == shards_.end()) return;
    shard = std::move(found->second);
    shards_.erase(found);
  }
  const absl::Time now = clock_->Now();
  if (observer_ != nullptr) observer_->Reported(*report, now - shard.accepted);
  report->traceparent = FormatTraceparent(shard.context);
  if (!SpansAreWanted() || !shard.context.known()) return;
  const auto* const failure = std::get_if<ShardFailure>(&report->outcome);
  const auto* const predictions = std::get_if<std::vector<Prediction>>(&report->outcome);
  RecordSpan({.name = "shard",
              .context = shard.context,
              .parent_span_id = shard.parent_span_id,
              .begin = shard.accepted,
              .end = now,
              .attributes = {{"assay.job_id", shard.job_id},
                             {"assay.run_id", shard.run_id},
                             {"assay.shard_id", shard.shard_id},
                             {"assay.predictions",
                              predictions == nullptr ? int64_t{0}
                                                     : static_cast<int64_t>(predictions->size())}},
              .error = failure == nullptr ? "" : failure->message});
}

}  // namespace assay
