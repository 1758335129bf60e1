#include "coordinator/service/worker_service.h"

#include <vector>

namespace assay {
namespace {

// They wait for the database most of the time.
constexpr int kThreads = 6;

}  // namespace

WorkerServiceImpl::WorkerServiceImpl(LeaseManager* leases, WorkerStore* workers,
                                     WorkRecorder* recorder)
    : presence_(workers),
      granter_(leases),
      tasks_(kThreads),
      parts_({leases, &granter_, &presence_, &tasks_, &closing_, recorder}) {}

WorkerServiceImpl::~WorkerServiceImpl() {
  granter_.Stop();
  presence_.Stop();
}

grpc::ServerBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage>* WorkerServiceImpl::Connect(
    grpc::CallbackServerContext* /*context*/) {
  absl::MutexLock lock(&mutex_);
  const auto place = sessions_.emplace(sessions_.end());
  const std::shared_ptr<WorkerSession> session =
      WorkerSession::Start(parts_, [this, place] { Forget(place); });
  *place = session;
  return session.get();
}

void WorkerServiceImpl::Forget(Sessions::iterator session) {
  absl::MutexLock lock(&mutex_);
  sessions_.erase(session);
}

bool WorkerServiceImpl::HandOver(absl::Duration grace) {
  std::vector<std::shared_ptr<WorkerSession>> sessions;
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    for (const std::weak_ptr<WorkerSession>& session : sessions_) {
      if (auto here = session.lock()) sessions.push_back(std::move(here));
    }
  }
  for (const auto& session : sessions) session->HandOver();
  sessions.clear();
  absl::MutexLock lock(&mutex_);
  const auto all_ended = [this]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sessions_.empty(); };
  return mutex_.AwaitWithTimeout(absl::Condition(&all_ended), grace);
}

}  // namespace assay
