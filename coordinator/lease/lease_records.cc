// LeaseManager::Tell*: what is counted, logged and traced of leases.
#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/logging/log_context.h"
#include "common/tracing/span.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/lease/outcome_names.h"

namespace assay {
namespace {

LogFields FieldsOf(const LeaseKey& key, const RunSpec& run, const LeaseTrace& trace) {
  LogFields fields;
  fields.job_id = run.job_id;
  fields.run_id = run.run_id;
  fields.shard_id = key.shard_id;
  fields.worker_id = trace.worker_id;
  fields.model = run.model_name;
  fields.trace_id = trace.context.trace_id;
  fields.span_id = trace.context.span_id;
  return fields;
}

// From its grant to its end. Nothing where another coordinator granted it.
void RecordLease(const LeaseKey& key, const GrantedShard& shard, absl::Time end,
                 const std::string& outcome, const std::string& error) {
  if (!SpansAreWanted() || !shard.trace.context.known()) return;
  RecordSpan({.name = "lease",
              .context = shard.trace.context,
              .parent_span_id = shard.trace.parent_span_id,
              .begin = shard.trace.granted,
              .end = end,
              .attributes = {{"assay.job_id", shard.run->job_id},
                             {"assay.run_id", shard.run->run_id},
                             {"assay.shard_id", key.shard_id},
                             {"assay.lease_id", key.lease_id},
                             {"assay.attempt", int64_t{key.attempt}},
                             {"assay.worker_id", shard.trace.worker_id},
                             {"assay.model", shard.run->model_name},
                             {"assay.benchmark", shard.run->benchmark},
                             {"assay.outcome", outcome}},
              .error = error});
}

void RecordCommit(const GrantedShard& shard, absl::Time begin, absl::Time end,
                  const TraceContext& worker) {
  const TraceContext& parent = worker.known() ? worker : shard.trace.context;
  if (!SpansAreWanted() || !parent.known()) return;
  RecordSpan({.name = "commit",
              .context = NewSpan(parent),
              .parent_span_id = parent.span_id,
              .begin = begin,
              .end = end});
}

}  // namespace

void LeaseManager::TellGranted(const LeasedShard& shard, const WorkerInfo& worker, absl::Time begin,
                               Lease* lease) {
  LeaseTrace trace;
  trace.granted = begin;
  trace.worker_id = worker.worker_id;
  if (const auto job = ParseTraceparent(shard.traceparent); job.has_value()) {
    trace.parent_span_id = job->span_id;
    trace.context = NewSpan(*job);
  } else {
    trace.context = NewTrace();
  }
  lease->traceparent = FormatTraceparent(trace.context);
  if (spdlog::should_log(spdlog::level::debug)) {
    const LogContext context(FieldsOf(shard.key, shard.run, trace));
    SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), spdlog::level::debug,
                       "shard {} is leased: attempt {}, {} items", shard.key.shard_id,
                       shard.key.attempt, shard.ordinals.size());
  }
  granted_.Add(shard.key, shard.run, shard.ordinals, std::move(trace));
}

void LeaseManager::TellCommitted(const LeaseKey& key, const GrantedShard& shard,
                                 CommitOutcome outcome, absl::Span<const GradedItem> items,
                                 absl::Time begin, const TraceContext& worker) const {
  const absl::Time now = clock_->Now();
  if (observer_ != nullptr) {
    ObservedCommit commit = {outcome, *shard.run, items, now - begin};
    if (shard.trace.granted != absl::InfinitePast()) commit.held = now - shard.trace.granted;
    observer_->Committed(commit);
  }
  const bool accepted = outcome == CommitOutcome::kAccepted;
  const spdlog::level::level_enum level = accepted ? spdlog::level::debug : spdlog::level::warn;
  if (spdlog::should_log(level)) {
    const LogContext context(FieldsOf(key, *shard.run, shard.trace));
    SPDLOG_LOGGER_CALL(spdlog::default_logger_raw(), level,
                       "the report of shard {} is {}: {} predictions stored", key.shard_id,
                       NameOf(outcome), items.size());
  }
  RecordCommit(shard, begin, now, worker);
  if (accepted) RecordLease(key, shard, now, "accepted", "");
}

void LeaseManager::TellFailed(const LeaseKey& key, FailureKind kind,
                              absl::string_view message) const {
  if (observer_ != nullptr) observer_->Failed(kind);
  GrantedShard shard = granted_.Find(key).value_or(GrantedShard());
  if (shard.run == nullptr) shard.run = std::make_shared<const RunSpec>();
  {
    const LogContext context(FieldsOf(key, *shard.run, shard.trace));
    switch (kind) {
      case FailureKind::kReported:
        SPDLOG_WARN("shard {} failed: {}", key.shard_id, std::string(message));
        break;
      case FailureKind::kExpired:
        SPDLOG_WARN("the lease {} of shard {} ran out", key.lease_id, key.shard_id);
        break;
      case FailureKind::kReturned:
        SPDLOG_INFO("shard {} was given back", key.shard_id);
    }
  }
  RecordLease(key, shard, clock_->Now(), NameOf(kind),
              kind == FailureKind::kReturned ? "" : absl::StrCat(NameOf(kind), ": ", message));
}

}  // namespace assay
