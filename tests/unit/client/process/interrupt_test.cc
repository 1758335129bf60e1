#include "client/process/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

TEST(InterruptTest, CallsBackInsteadOfEnding) {
  for (const int signal : {SIGINT, SIGTERM}) {
    absl::Notification called;
    const Interrupt interrupt([&] { called.Notify(); });  // a second call would crash
    kill(getpid(), signal);
    EXPECT_TRUE(called.WaitForNotificationWithTimeout(absl::Seconds(10)));
  }
}

TEST(InterruptTest, RestoresWhatWasBefore) {
  {
    const Interrupt interrupt([] {});
  }
  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST(InterruptDeathTest, TheSecondSignalEnds) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        absl::Notification called;
        const Interrupt interrupt([&] { called.Notify(); });
        kill(getpid(), SIGINT);
        called.WaitForNotification();
        kill(getpid(), SIGINT);
        sleep(10);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace assay
