#include "coordinator/lease/lease_manager.h"

#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "common/logging/log_context.h"
#include "coordinator/lease/failure_policy.h"
#include "coordinator/lease/report.h"

namespace assay {

absl::StatusOr<std::shared_ptr<const Dataset>> LeaseManager::DatasetOf(
    const RunSpec& run, absl::Span<const int64_t> ordinals) {
  ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset,
                         cache_->Get(run.benchmark, run.dataset_sha256));
  if (run.judged_run == 0) return dataset;
  return answers_->WithAnswers(run, *dataset, ordinals);
}

absl::StatusOr<std::vector<LeaseKey>> LeaseManager::Renew(absl::Span<const LeaseKey> keys) {
  ASSAY_ASSIGN_OR_RETURN(std::vector<LeaseKey> over, shards_->Renew(keys, lease_time_));
  for (const LeaseKey& key : over) scheduler_.Ended(key.lease_id);
  return over;
}

absl::StatusOr<CommitOutcome> LeaseManager::Commit(const LeaseKey& key,
                                                   std::vector<Prediction> predictions) {
  absl::StatusOr<CommitOutcome> result;
  absl::Notification ready;
  CommitAsync(key, std::move(predictions), [&](const absl::StatusOr<CommitOutcome>& outcome) {
    result = outcome;
    ready.Notify();
  });
  ready.WaitForNotification();
  return result;
}

void LeaseManager::CommitAsync(const LeaseKey& key, std::vector<Prediction> predictions,
                               CommitDone done, const TraceContext& trace) {
  const absl::Time begin = clock_->Now();
  std::optional<GrantedShard> shard = granted_.Find(key);
  if (!shard.has_value()) {
    const absl::StatusOr<ShardView> view = shards_->View(key);
    if (absl::IsNotFound(view.status())) return done(CommitOutcome::kStale);
    if (!view.ok()) return done(view.status());
    if (view->standing != LeaseStanding::kCurrent) {
      const CommitOutcome outcome = view->standing == LeaseStanding::kCommitted
                                        ? CommitOutcome::kDuplicate
                                        : CommitOutcome::kStale;
      TellCommitted(key, {std::make_shared<const RunSpec>(view->run), {}}, outcome, {}, begin,
                    trace);
      return done(outcome);
    }
    shard = {std::make_shared<const RunSpec>(view->run), view->ordinals};
  }
  // Graded before the transaction, which stays short.
  absl::StatusOr<CommitBatcher::Commit> commit = Grade(key, *shard, std::move(predictions));
  if (!commit.ok()) {
    if (absl::IsInvalidArgument(commit.status())) {
      if (observer_ != nullptr) observer_->Refused();
      const absl::StatusOr<CommitOutcome> failed =
          Fail(key, FailureKind::kReported, commit.status().message());
      if (!failed.ok()) return done(failed.status());
    }
    return done(commit.status());
  }
  commit->done = [this, shard = *std::move(shard), begin, trace, fields = LogContext::Current(),
                  done = std::move(done)](const CommitBatcher::Commit& batched,
                                          const absl::StatusOr<CommitOutcome>& outcome) {
    const LogContext context(fields);
    if (outcome.ok()) {
      granted_.Forget(batched.key);
      if (*outcome == CommitOutcome::kAccepted) {
        scheduler_.Committed(batched.key.lease_id);
      } else {
        scheduler_.Ended(batched.key.lease_id);
      }
      TellCommitted(batched.key, shard, *outcome,
                    *outcome == CommitOutcome::kAccepted ? absl::MakeConstSpan(batched.items)
                                                         : absl::Span<const GradedItem>(),
                    begin, trace);
    }
    done(outcome);
  };
  batcher_.Add(*std::move(commit));
}

absl::StatusOr<CommitBatcher::Commit> LeaseManager::Grade(const LeaseKey& key,
                                                          const GrantedShard& shard,
                                                          std::vector<Prediction> predictions) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog_->ProtocolOf(*shard.run));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                         DatasetOf(*shard.run, shard.ordinals));
  ASSAY_ASSIGN_OR_RETURN(std::vector<GradedItem> items,
                         GradeReport(*dataset, shard.ordinals, *protocol,
                                     shard.run->settings.sampling.samples, std::move(predictions)));
  CommitBatcher::Commit commit;
  commit.key = key;
  commit.items = std::move(items);
  commit.clustered = dataset->has_passages();
  return commit;
}

absl::StatusOr<CommitOutcome> LeaseManager::Fail(const LeaseKey& key, FailureKind kind,
                                                 absl::string_view message) {
  ASSAY_ASSIGN_OR_RETURN(const bool current,
                         shards_->Fail(key, kind, message, DecideFailure, MakeErrorItem()));
  scheduler_.Ended(key.lease_id);
  if (current) TellFailed(key, kind, message);
  granted_.Forget(key);
  if (!current) return CommitOutcome::kStale;
  pending_.Notify();
  return CommitOutcome::kAccepted;
}

absl::StatusOr<CommitOutcome> LeaseManager::FailWholeRun(const LeaseKey& key,
                                                         absl::string_view message) {
  ASSAY_ASSIGN_OR_RETURN(const bool current, shards_->FailWholeRun(key, message));
  return current ? CommitOutcome::kAccepted : CommitOutcome::kStale;
}

absl::StatusOr<int> LeaseManager::Reap() {
  for (int count = 0;; ++count) {
    ASSAY_ASSIGN_OR_RETURN(const std::optional<LeaseKey> key,
                           shards_->ReapOne(DecideFailure, MakeErrorItem()));
    if (!key.has_value()) return count;
    TellFailed(*key, FailureKind::kExpired, "");
    granted_.Forget(*key);
    pending_.Notify();
  }
}

ErrorItem LeaseManager::MakeErrorItem() {
  return [this](const RunSpec& run, int64_t ordinal,
                absl::string_view message) -> absl::StatusOr<GradedItem> {
    ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                           catalog_->ProtocolOf(run));
    ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                           cache_->Get(run.benchmark, run.dataset_sha256));
    return GradeError(*dataset, ordinal, *protocol, message);
  };
}

}  // namespace assay
