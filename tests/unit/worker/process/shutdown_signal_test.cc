#include "worker/process/shutdown_signal.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>

namespace assay {
namespace {

// Each in a process of its own: signals are the whole process's.
TEST(ShutdownSignalDeathTest, FirstSignalIsWaitedFor) {
  EXPECT_EXIT(
      {
        if (!InstallShutdownSignal().ok()) exit(1);
        raise(SIGTERM);
        exit(WaitForShutdownSignal() == SIGTERM ? 0 : 2);
      },
      testing::ExitedWithCode(0), "");
}

TEST(ShutdownSignalDeathTest, WithoutASignalThePatienceEnds) {
  EXPECT_EXIT(
      {
        if (!InstallShutdownSignal().ok()) exit(1);
        if (WaitForShutdownSignal(absl::Milliseconds(20)) != 0) exit(2);
        raise(SIGINT);
        exit(WaitForShutdownSignal(absl::Milliseconds(20)) == SIGINT ? 0 : 3);
      },
      testing::ExitedWithCode(0), "");
}

TEST(ShutdownSignalDeathTest, SecondSignalEndsTheProcess) {
  EXPECT_EXIT(
      {
        if (!InstallShutdownSignal().ok()) exit(1);
        raise(SIGTERM);
        raise(SIGINT);
        exit(2);
      },
      testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace assay
