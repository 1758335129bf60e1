#include "client/process/subprocess.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

CommandResult Shell(const std::string& script) {
  const absl::StatusOr<CommandResult> result = RunCommand({{"sh", "-c", script}, {}, "", {}});
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *result : CommandResult();
}

TEST(RunCommandTest, KeepsOutputAndErrorApart) {
  const CommandResult result = Shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.error, "err\n");
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(DescribeExit(result.wait_status), "exit status 3");
}

TEST(RunCommandTest, ReadsMoreThanAPipeHolds) {
  const CommandResult result = Shell("head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2");
  EXPECT_EQ(result.output.size(), 300000u);
  EXPECT_EQ(result.error.size(), 200000u);
}

TEST(RunCommandTest, TellsASignal) {
  EXPECT_EQ(DescribeExit(Shell("kill -SEGV $$").wait_status),
            "killed by signal 11 (Segmentation fault)");
}

TEST(RunCommandTest, NamesAProgramThatIsNotThere) {
  const absl::StatusOr<CommandResult> result = RunCommand({{"/no/such/program"}, {}, "", {}});
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("cannot run /no/such/program"));
}

TEST(RunCommandTest, ReplacesVariablesAndFolder) {
  setenv("ASSAY_TEST_VARIABLE", "old", 1);
  const absl::StatusOr<CommandResult> result = RunCommand(
      {{"sh", "-c", "pwd; env | grep ASSAY_TEST_"}, {{"ASSAY_TEST_VARIABLE", "new"}}, "/tmp", {}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "/tmp\nASSAY_TEST_VARIABLE=new\n");
}

TEST(RunCommandTest, DoesNotInheritBlockedSignals) {
  sigset_t blocked, old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &old);
  const CommandResult result = Shell("kill -TERM $$; echo survived");
  pthread_sigmask(SIG_SETMASK, &old, nullptr);
  EXPECT_TRUE(WIFSIGNALED(result.wait_status));
  EXPECT_EQ(result.output, "");
}

TEST(RunCommandTest, RunsAsAnotherUserWithThatUsersGroupsOnly) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const absl::StatusOr<SystemUser> nobody = FindUser("nobody");
  ASSERT_TRUE(nobody.ok()) << nobody.status();
  const absl::StatusOr<CommandResult> result =
      RunCommand({{"sh", "-c", "id -un; id -G"}, {}, "/", *nobody});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->output, "nobody\n" + std::to_string(nobody->gid) + "\n");
}

TEST(SpawnTest, KillsTheChildWhenTheParentDies) {
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  const pid_t middle = fork();
  ASSERT_GE(middle, 0);
  if (middle == 0) {
    close(fds[0]);
    SpawnOptions options;
    options.output_fd = fds[1];
    options.death_signal = SIGKILL;
    if (!Spawn({{"sleep", "600"}, {}, "", {}}, options).ok()) _exit(1);
    raise(SIGKILL);
  }
  close(fds[1]);
  waitpid(middle, nullptr, 0);
  // The end of the pipe that `sleep` holds closes with it.
  char byte;
  EXPECT_EQ(read(fds[0], &byte, 1), 0);
  close(fds[0]);
}

TEST(FindUserTest, SaysThatThereIsNone) {
  EXPECT_EQ(FindUser("no-such-user-here").status().message(),
            "there is no user \"no-such-user-here\" on this machine");
}

TEST(FindSiblingTest, PrefersTheVariable) {
  setenv("ASSAY_TEST_PROGRAM", "/opt/other", 1);
  EXPECT_EQ(FindSibling("assay-worker", "ASSAY_TEST_PROGRAM"), "/opt/other");
  unsetenv("ASSAY_TEST_PROGRAM");
  EXPECT_EQ(FindSibling("no-such-sibling", "ASSAY_TEST_PROGRAM"), "no-such-sibling");
}

}  // namespace
}  // namespace assay
