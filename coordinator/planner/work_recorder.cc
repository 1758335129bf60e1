#include "coordinator/planner/work_recorder.h"

#include <spdlog/spdlog.h>

#include <cmath>
#include <vector>

namespace assay {
namespace {

// While the database is away, more is forgotten.
constexpr size_t kMostKept = 100000;

bool IsSensible(const WorkDone& work) {
  const auto is_time = [](double seconds) { return std::isfinite(seconds) && seconds >= 0; };
  return is_time(work.busy_seconds) && is_time(work.load_seconds) && work.prompt_tokens >= 0 &&
         work.generated_tokens >= 0;
}

}  // namespace

WorkRecorder::WorkRecorder(WorkStore* store, absl::Duration period)
    : store_(store), period_(period), thread_([this] { Run(); }) {}

WorkRecorder::~WorkRecorder() { Stop(); }

void WorkRecorder::Add(int64_t shard_id, const std::string& worker_kind, const WorkDone& work) {
  if (!IsSensible(work)) return;
  absl::MutexLock lock(&mutex_);
  if (work_.size() >= kMostKept) return;
  ShardWork& sum = work_[{shard_id, worker_kind}];
  sum.shard_id = shard_id;
  sum.worker_kind = worker_kind;
  sum.loads += work.load_seconds > 0 ? 1 : 0;
  sum.done.busy_seconds += work.busy_seconds;
  sum.done.prompt_tokens += work.prompt_tokens;
  sum.done.generated_tokens += work.generated_tokens;
  sum.done.load_seconds += work.load_seconds;
}

void WorkRecorder::Flush() {
  std::map<std::pair<int64_t, std::string>, ShardWork> work;
  {
    absl::MutexLock lock(&mutex_);
    work.swap(work_);
  }
  if (work.empty()) return;
  std::vector<ShardWork> rows;
  for (const auto& [key, one] : work) rows.push_back(one);
  const absl::Status stored = store_->Add(rows);
  if (stored.ok()) return;
  if (!absl::IsUnavailable(stored)) {
    SPDLOG_ERROR("what workers did is not stored: {}", stored.ToString());
    return;
  }
  absl::MutexLock lock(&mutex_);
  work_.merge(work);  // what was added meanwhile for the same shards wins; it is for estimates only
}

void WorkRecorder::Stop() {
  if (!stopping_.HasBeenNotified()) stopping_.Notify();
  if (!thread_.joinable()) return;
  thread_.join();
  Flush();
}

void WorkRecorder::Run() {
  while (!stopping_.WaitForNotificationWithTimeout(period_)) Flush();
}

}  // namespace assay
