// Has judges asked as soon as the answers that they were ordered for are there.
#ifndef ASSAY_COORDINATOR_PLANNER_JUDGE_STARTER_H_
#define ASSAY_COORDINATOR_PLANNER_JUDGE_STARTER_H_

#include <functional>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "coordinator/planner/planner.h"
#include "coordinator/store/judge_order_store.h"

namespace assay {

// Looks for orders twice a second, in every coordinator; whichever closes an order first submits
// its job.
class JudgeStarter {
 public:
  // `submitted` is called after each job that was submitted.
  JudgeStarter(JudgeOrderStore* orders, Planner* planner, std::function<void()> submitted);
  ~JudgeStarter();

  // Safe to call twice.
  void Stop();

  // Closes all orders that are ready: with a job, or with the reason why there is none. Returns how
  // many. Called by the starter's own thread, and by tests.
  static absl::StatusOr<int> CloseReady(JudgeOrderStore& orders, Planner& planner,
                                        const std::function<void()>& submitted);

 private:
  void Run();

  JudgeOrderStore* const orders_;
  Planner* const planner_;
  const std::function<void()> submitted_;
  absl::Notification stop_;
  std::thread thread_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_JUDGE_STARTER_H_
