#include "coordinator/service/worker_presence.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace assay {
namespace {

constexpr absl::Duration kPeriod = absl::Seconds(5);

}  // namespace

WorkerPresence::WorkerPresence(WorkerStore* workers)
    : workers_(workers), thread_([this] { Run(); }) {}

WorkerPresence::~WorkerPresence() { Stop(); }

void WorkerPresence::Stop() {
  if (!stop_.HasBeenNotified()) stop_.Notify();
  if (thread_.joinable()) thread_.join();
}

int64_t WorkerPresence::Arrive(const WorkerInfo& worker) {
  int64_t stream = 0;
  bool away = false;
  {
    absl::MutexLock lock(&mutex_);
    stream = ++latest_;
    streams_[stream].worker = worker;
    away = away_;
  }
  // A thousand workers that come at once must not wait for a database that is not there.
  if (!away) Note(worker, stream);
  return stream;
}

void WorkerPresence::Leave(int64_t stream) {
  Stream left;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = streams_.find(stream);
    if (found == streams_.end()) return;
    left = std::move(found->second);
    streams_.erase(found);
    // It has come back meanwhile.
    const bool here = std::any_of(streams_.begin(), streams_.end(), [&](const auto& entry) {
      return entry.second.worker.worker_id == left.worker.worker_id;
    });
    if (here) return;
  }
  // Best effort: without it the worker counts as connected for some more seconds.
  workers_->Left(left.worker.worker_id, left.moment).IgnoreError();
}

void WorkerPresence::Run() {
  while (!stop_.WaitForNotificationWithTimeout(kPeriod)) TouchAll();
}

void WorkerPresence::TouchAll() {
  std::vector<std::string> ids;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [number, stream] : streams_) ids.push_back(stream.worker.worker_id);
  }
  if (ids.empty()) return;
  const absl::StatusOr<std::map<std::string, std::string>> moments = workers_->Touch(ids);
  SetAway(absl::IsUnavailable(moments.status()));
  if (!moments.ok()) {
    if (!absl::IsUnavailable(moments.status())) SPDLOG_ERROR("{}", moments.status().ToString());
    return;
  }
  std::vector<std::pair<int64_t, WorkerInfo>> unknown;
  {
    absl::MutexLock lock(&mutex_);
    for (auto& [number, stream] : streams_) {
      const auto moment = moments->find(stream.worker.worker_id);
      if (moment != moments->end()) {
        stream.moment = moment->second;
      } else {
        unknown.emplace_back(number, stream.worker);
      }
    }
  }
  for (const auto& [number, worker] : unknown) Note(worker, number);
}

void WorkerPresence::Note(const WorkerInfo& worker, int64_t stream) {
  absl::StatusOr<std::string> moment = workers_->Seen(worker);
  SetAway(absl::IsUnavailable(moment.status()));
  if (!moment.ok()) {
    if (!absl::IsUnavailable(moment.status())) SPDLOG_ERROR("{}", moment.status().ToString());
    return;
  }
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(stream);
  if (found != streams_.end()) found->second.moment = *std::move(moment);
}

void WorkerPresence::SetAway(bool away) {
  absl::MutexLock lock(&mutex_);
  away_ = away;
}

}  // namespace assay
