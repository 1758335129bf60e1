#include "coordinator/planner/judge_starter.h"

#include <spdlog/spdlog.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr absl::Duration kPeriod = absl::Milliseconds(500);

// The judges' job; nullopt when another coordinator was faster.
absl::StatusOr<std::optional<int64_t>> SubmitOrder(const JudgeOrder& order, JudgeOrderStore& orders,
                                                   Planner& planner) {
  if (order.state == State::kCancelled) {
    return absl::FailedPreconditionError(absl::StrCat("job ", order.job_id, " was cancelled"));
  }
  JudgeRequest request = order.request;
  request.jobs = {order.job_id};
  request.skip_failed = true;
  ASSAY_ASSIGN_OR_RETURN(std::vector<PlannedRun> planned, planner.PlanJudges(request));
  std::vector<NewRun> runs;
  for (PlannedRun& run : planned) runs.push_back(std::move(run.run));
  return orders.Submit(order.job_id, runs);
}

}  // namespace

JudgeStarter::JudgeStarter(JudgeOrderStore* orders, Planner* planner,
                           std::function<void()> submitted)
    : orders_(orders),
      planner_(planner),
      submitted_(std::move(submitted)),
      thread_([this] { Run(); }) {}

JudgeStarter::~JudgeStarter() { Stop(); }

void JudgeStarter::Stop() {
  if (!stop_.HasBeenNotified()) stop_.Notify();
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<int> JudgeStarter::CloseReady(JudgeOrderStore& orders, Planner& planner,
                                             const std::function<void()>& submitted) {
  for (int count = 0;; ++count) {
    ASSAY_ASSIGN_OR_RETURN(const std::optional<JudgeOrder> order, orders.NextReady());
    if (!order.has_value()) return count;
    const absl::StatusOr<std::optional<int64_t>> job = SubmitOrder(*order, orders, planner);
    if (absl::IsUnavailable(job.status())) return job.status();
    if (!job.ok()) {
      SPDLOG_WARN("job {} is not judged: {}", order->job_id, job.status().ToString());
      ASSAY_RETURN_IF_ERROR(orders.Refuse(order->job_id, job.status().message()));
    } else if (job->has_value()) {
      SPDLOG_INFO("job {} has ended, and is judged by job {}", order->job_id, **job);
      submitted();
    }
  }
}

void JudgeStarter::Run() {
  while (!stop_.WaitForNotificationWithTimeout(kPeriod)) {
    const absl::Status status = CloseReady(*orders_, *planner_, submitted_).status();
    if (!status.ok() && !absl::IsUnavailable(status)) {
      SPDLOG_ERROR("starting judges: {}", status.ToString());
    }
  }
}

}  // namespace assay
