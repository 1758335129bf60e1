#include "worker/sandbox/sandbox.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace assay {
namespace {

using Kind = Outcome::Kind;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// Files of a folder, by the numbers of the entries.
size_t OpenDescriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    ++count;
  }
  return count;
}

// Processes whose environment holds `marker`.
std::vector<std::string> ProcessesWith(const std::string& marker) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "environ");
    const std::string environment((std::istreambuf_iterator<char>(file)), {});
    if (environment.find(marker) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

// Whether one of them is the program itself, not bubblewrap on the way to it.
bool HasStarted(const std::string& marker) {
  for (const std::string& process : ProcessesWith(marker)) {
    std::ifstream file(process + "/cmdline");
    std::string command;
    if (std::getline(file, command, '\0') && command.ends_with("/python3")) return true;
  }
  return false;
}

class SandboxTest : public ::testing::TestWithParam<SandboxMode> {
 protected:
  void SetUp() override { Open({.mode = GetParam(), .max_concurrent = 4}); }

  void Open(SandboxOptions options) {
    auto sandbox = Sandbox::Create(std::move(options));
    if (!sandbox.ok() && GetParam() == SandboxMode::kNamespaces) {
      GTEST_SKIP() << sandbox.status().message();
    }
    ASSERT_TRUE(sandbox.ok()) << sandbox.status();
    sandbox_ = *std::move(sandbox);
  }

  Outcome Run(const Program& program) {
    auto outcome = sandbox_->Run(program);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? *std::move(outcome) : Outcome();
  }
  Outcome RunPython(std::string source, Limits limits = {}) {
    return Run({.source = std::move(source), .limits = limits});
  }

  std::unique_ptr<Sandbox> sandbox_;
};

INSTANTIATE_TEST_SUITE_P(Modes, SandboxTest,
                         ::testing::Values(SandboxMode::kNamespaces, SandboxMode::kRlimitsOnly),
                         [](const auto& info) {
                           return info.param == SandboxMode::kNamespaces ? "Namespaces" : "Rlimits";
                         });

TEST_P(SandboxTest, CapturesWhatAProgramPrintsAndReturns) {
  const Outcome outcome =
      RunPython("import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(7)\n");
  EXPECT_EQ(outcome.kind, Kind::kExited);
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.standard_output, "out\n");
  EXPECT_EQ(outcome.standard_error, "err\n");
  EXPECT_FALSE(outcome.completed);
  EXPECT_GT(outcome.wall_time.count(), 0);
  EXPECT_GT(outcome.cpu_time.count(), 0);
}

TEST_P(SandboxTest, RunsAnyInterpreterOnTextOfAnyBytes) {
  const std::string text("cat <<'E'\n\xff\x01'\"$HOME\nE\n");
  const Outcome outcome = Run({.interpreter = {"/bin/sh"}, .source = text});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.standard_output, "\xff\x01'\"$HOME\n");
}

TEST_P(SandboxTest, TellsSignalsFromExits) {
  const Outcome outcome = RunPython("import os\nos.abort()\n");
  EXPECT_EQ(outcome.kind, Kind::kSignaled);
  EXPECT_EQ(outcome.signal, SIGABRT);
}

TEST_P(SandboxTest, EndsAProgramAtItsWallClockLimit) {
  const Outcome outcome =
      RunPython("import time\ntime.sleep(60)\n", {.wall_time = milliseconds(300)});
  EXPECT_EQ(outcome.kind, Kind::kWallTime);
  EXPECT_GE(outcome.wall_time, milliseconds(300));
  EXPECT_LT(outcome.wall_time, milliseconds(2000));
}

TEST_P(SandboxTest, EndsAProgramAtItsCpuLimit) {
  const Limits limits = {.wall_time = milliseconds(20000), .cpu_time = std::chrono::seconds(1)};
  EXPECT_EQ(RunPython("while True: pass\n", limits).kind, Kind::kCpuTime);
  EXPECT_EQ(RunPython("import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
                      "while True: pass\n",
                      limits)
                .kind,
            Kind::kCpuTime);
}

TEST_P(SandboxTest, EndsAProgramThatPrintsWithoutEnd) {
  const Outcome outcome =
      RunPython("while True: print('x' * 1000)\n", {.output_bytes = int64_t{1} << 20});
  EXPECT_EQ(outcome.kind, Kind::kOutput);
  EXPECT_THAT(outcome.standard_output, SizeIs(kOutputHeadBytes));
}

TEST_P(SandboxTest, KeepsTheBeginningOfLongOutput) {
  const Outcome outcome = RunPython("print('begin' + 'x' * 100000)\n");
  EXPECT_EQ(outcome.kind, Kind::kExited);
  EXPECT_THAT(outcome.standard_output, AllOf(SizeIs(kOutputHeadBytes), HasSubstr("begin")));
}

TEST_P(SandboxTest, LetsAnAllocationBeyondTheAddressSpaceFail) {
  const Outcome outcome = RunPython("x = bytearray(3 << 30)\n");
  EXPECT_EQ(outcome.kind, Kind::kExited);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.standard_error, HasSubstr("MemoryError"));
}

TEST_P(SandboxTest, EndsProcessesThatTogetherHoldTooMuchMemory) {
  const Outcome outcome = RunPython(
      "import os, time\n"
      "for i in range(4):\n"
      "    if os.fork() == 0:\n"
      "        x = bytearray(b'x') * (80 << 20)\n"
      "        time.sleep(60)\n"
      "time.sleep(60)\n",
      {.wall_time = milliseconds(20000), .memory_bytes = int64_t{200} << 20});
  EXPECT_EQ(outcome.kind, Kind::kMemory);
  EXPECT_GT(outcome.peak_memory_bytes, int64_t{200} << 20);
}

TEST_P(SandboxTest, BoundsProcessesAndThreads) {
  const Outcome processes = RunPython(
      "import os, time\n"
      "n = 0\n"
      "try:\n"
      "    while True:\n"
      "        if os.fork() == 0: time.sleep(60)\n"
      "        n += 1\n"
      "except BlockingIOError:\n"
      "    print(n)\n",
      {.processes = 10});
  EXPECT_EQ(processes.kind, Kind::kExited) << processes.standard_error;
  // Without namespaces the user's other processes count too, and they come and go.
  if (GetParam() == SandboxMode::kNamespaces) {
    EXPECT_EQ(processes.standard_output, "9\n");
  }
  const Outcome threads = RunPython(
      "import threading, time\n"
      "while True: threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n",
      {.processes = 10});
  EXPECT_THAT(threads.standard_error, HasSubstr("can't start new thread"));
}

TEST_P(SandboxTest, BoundsFilesAndDescriptors) {
  EXPECT_THAT(RunPython("f = open('big', 'wb')\nwhile True: f.write(bytes(1 << 20))\n",
                        {.file_bytes = int64_t{4} << 20})
                  .standard_error,
              HasSubstr("File too large"));
  EXPECT_THAT(RunPython("import os\nwhile True: os.open('/dev/null', 0)\n").standard_error,
              HasSubstr("Too many open files"));
}

TEST_P(SandboxTest, GivesAPrivateFolderAndForgetsIt) {
  const Outcome outcome = RunPython(
      "import os\n"
      "print(os.getcwd(), os.listdir())\n"
      "assert os.environ['HOME'] == os.environ['TMPDIR'] == os.getcwd()\n"
      "open('left', 'w').write('behind')\n"
      "os.makedirs('a/b')\nos.symlink('/etc', 'a/b/link')\nos.chmod('a/b', 0)\nos.chmod('a', 0)\n");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.standard_error;
  EXPECT_THAT(outcome.standard_output, HasSubstr(" []"));
  const Outcome next = RunPython("import os\nprint(os.listdir())\n");
  EXPECT_EQ(next.standard_output, "[]\n");
  const std::string folder = outcome.standard_output.substr(0, outcome.standard_output.find(' '));
  if (folder != "/tmp") {
    EXPECT_FALSE(std::filesystem::exists(folder)) << folder;
  }
}

TEST_P(SandboxTest, StartsWithFewDescriptorsAndAClearedEnvironment) {
  ASSERT_EQ(setenv("ASSAY_SANDBOX_SECRET", "canary", 1), 0);
  const Outcome outcome = Run({.source = "import os\n"
                                         "print(sorted(os.listdir('/proc/self/fd')))\n"
                                         "print(sorted(os.environ))\n",
                               .environment = {"OURS=1"}});
  // 3 is the listing itself.
  EXPECT_EQ(outcome.standard_output.substr(0, outcome.standard_output.find('\n')),
            "['0', '1', '2', '3']");
  EXPECT_THAT(outcome.standard_output, AllOf(HasSubstr("OURS"), Not(HasSubstr("SECRET"))));
}

TEST_P(SandboxTest, LeavesNoProcessBehind) {
  const std::string marker = absl::StrCat("ASSAY_MARKER=", getpid(), "-behind");
  const Outcome outcome = Run({.source = "import os, time, signal\n"
                                         "for i in range(5):\n"
                                         "    if os.fork() == 0:\n"
                                         "        os.setsid()\n"
                                         "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
                                         "        if os.fork(): os._exit(0)\n"
                                         "        os.close(1); os.close(2)\n"
                                         "        time.sleep(60)\n"
                                         "time.sleep(0.2)\n",
                               .environment = {marker}});
  EXPECT_EQ(outcome.kind, Kind::kExited);
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_LT(outcome.wall_time, milliseconds(2500));
  EXPECT_THAT(ProcessesWith(marker), SizeIs(0));
}

TEST_P(SandboxTest, HasNoNetwork) {
  const Outcome outcome = RunPython("import socket\nsocket.socket(socket.AF_INET)\n");
  EXPECT_THAT(outcome.standard_error, HasSubstr("PermissionError"));
}

TEST_P(SandboxTest, CannotSignalTheWorkerNorTheLauncher) {
  const Outcome outcome = RunPython(absl::StrCat(
      "import os\n"
      "for pid in (os.getppid(), ",
      getpid(),
      ", -1):\n"
      "    try:\n"
      "        os.kill(pid, 9)\n"
      "        print('killed', pid)\n"
      "    except (PermissionError, ProcessLookupError) as e: print(type(e).__name__)\n"));
  // In a namespace the parent is bubblewrap's first process, which signals from inside cannot kill.
  EXPECT_EQ(outcome.kind, Kind::kExited);
  EXPECT_THAT(outcome.standard_output, Not(HasSubstr(absl::StrCat("killed ", getpid()))));
}

constexpr char kProof[] = "import os\nos.write(3, os.read(3, 64)[::-1])\n";

TEST_P(SandboxTest, TellsCompletionFromExit) {
  const auto completed = [this](std::string source) {
    return Run({.source = std::move(source), .prove_completion = true}).completed;
  };
  EXPECT_TRUE(completed(kProof));
  EXPECT_FALSE(completed(absl::StrCat("import os\nos._exit(0)\n", kProof)));
  EXPECT_FALSE(completed(absl::StrCat("import sys\nsys.exit(0)\n", kProof)));
  EXPECT_FALSE(completed("import os\nos.write(3, os.read(3, 64))\n"));
  EXPECT_FALSE(completed("import os\nos.write(3, b'0' * 32)\n"));
  EXPECT_FALSE(completed(absl::StrCat(kProof, "os.write(3, b'0')\n")));
  // The socket is not there when it was not asked for.
  EXPECT_THAT(RunPython(kProof).standard_error, HasSubstr("Bad file descriptor"));
}

// It may be gone before it is asked for the proof.
TEST_P(SandboxTest, AsksForTheProofOfAProgramThatEndsAtOnce) {
  for (int i = 0; i < 50; ++i) {
    const Outcome outcome =
        Run({.interpreter = {"/bin/false"}, .source = "", .prove_completion = true});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_FALSE(outcome.completed);
  }
}

TEST_P(SandboxTest, RunsAsManyAtATimeAsItMay) {
  Open({.mode = GetParam(), .max_concurrent = 2});
  const absl::Time start = absl::Now();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back(
        [this] { EXPECT_EQ(RunPython("import time\ntime.sleep(0.5)\n").exit_code, 0); });
  }
  for (std::thread& thread : threads) thread.join();
  // Two rounds: fewer would be more at a time, more would be fewer.
  EXPECT_GE(absl::Now() - start, absl::Seconds(1));
  EXPECT_LT(absl::Now() - start, absl::Seconds(1.9));
}

TEST_P(SandboxTest, StopKillsWhatRunsAndRefusesTheRest) {
  const std::string marker = absl::StrCat("ASSAY_MARKER=", getpid(), "-stop");
  absl::StatusOr<Outcome> outcome;
  std::thread runner([&] {
    outcome = sandbox_->Run({.source = "import time\ntime.sleep(60)\n",
                             .environment = {marker},
                             .limits = {.wall_time = std::chrono::minutes(1)}});
  });
  while (ProcessesWith(marker).empty()) absl::SleepFor(absl::Milliseconds(10));
  sandbox_->Stop();
  EXPECT_THAT(ProcessesWith(marker), SizeIs(0));
  runner.join();
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kCancelled);
  sandbox_->Stop();
  EXPECT_EQ(sandbox_->Run({}).status().code(), absl::StatusCode::kCancelled);
}

TEST_P(SandboxTest, LeavesNothingWhenItsLauncherIsKilled) {
  // Nobody is left to remove the private folder of the weaker mode.
  const std::string folder = absl::StrCat(::testing::TempDir(), "/killed-", getpid());
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0777));
  Open({.mode = GetParam(), .temporary_folder = folder});
  const std::string marker = absl::StrCat("ASSAY_MARKER=", getpid(), "-killed");
  absl::StatusOr<Outcome> outcome;
  std::thread runner([&] {
    outcome = sandbox_->Run({.source = "import time\ntime.sleep(60)\n",
                             .environment = {marker},
                             .limits = {.wall_time = std::chrono::minutes(1)}});
  });
  while (!HasStarted(marker)) absl::SleepFor(absl::Milliseconds(10));
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream children(task.path() / "children");
    for (pid_t launcher; children >> launcher;) kill(launcher, SIGKILL);
  }
  runner.join();
  EXPECT_THAT(outcome.status().ToString(), HasSubstr("INTERNAL: the sandbox's launcher ended"));
  const absl::Time deadline = absl::Now() + absl::Seconds(5);
  while (!ProcessesWith(marker).empty() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(10));
  }
  EXPECT_THAT(ProcessesWith(marker), SizeIs(0));
  // The next program has its place.
  EXPECT_EQ(RunPython("pass\n").kind, Kind::kExited);
  std::filesystem::remove_all(folder);
}

TEST_P(SandboxTest, NamesAnInterpreterThatIsNotThere) {
  EXPECT_THAT(sandbox_->Run({.interpreter = {"python3"}}).status().message(),
              HasSubstr("whole path"));
  const auto outcome = sandbox_->Run({.interpreter = {"/usr/bin/no-such-thing"}});
  if (outcome.ok()) {
    // bubblewrap reports it as the program's own failure.
    EXPECT_NE(outcome->exit_code, 0);
    EXPECT_THAT(outcome->standard_error, HasSubstr("no-such-thing"));
  } else {
    EXPECT_THAT(outcome.status().message(), HasSubstr("no-such-thing"));
  }
}

TEST_P(SandboxTest, ClosesItsDescriptors) {
  RunPython("pass\n");
  const size_t before = OpenDescriptors();
  for (int i = 0; i < 5; ++i) RunPython("pass\n");
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(SandboxOptionsTest, ModesHaveNames) {
  EXPECT_EQ(*ParseSandboxMode("namespaces"), SandboxMode::kNamespaces);
  EXPECT_EQ(*ParseSandboxMode("rlimits"), SandboxMode::kRlimitsOnly);
  EXPECT_THAT(ParseSandboxMode("none").status().message(),
              AllOf(HasSubstr("\"none\""), HasSubstr("\"namespaces\" and \"rlimits\"")));
  EXPECT_EQ(WeaknessOf(SandboxMode::kNamespaces), "");
  EXPECT_THAT(WeaknessOf(SandboxMode::kRlimitsOnly), HasSubstr("read every file"));
}

TEST(SandboxOptionsTest, SaysWhatIsMissing) {
  EXPECT_THAT(Sandbox::Create({.bubblewrap = "/nowhere/bwrap"}).status().message(),
              AllOf(HasSubstr("/nowhere/bwrap"), HasSubstr("package bubblewrap")));
  EXPECT_THAT(Sandbox::Create({.launcher = "/nowhere/launcher"}).status().message(),
              HasSubstr("/nowhere/launcher: No such file"));
  EXPECT_EQ(Sandbox::Create({.max_concurrent = 0}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(SandboxOptionsTest, ShowsMorePathsOnRequest) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/shown-", getpid());
  std::filesystem::create_directory(folder);
  std::ofstream(folder + "/file") << "shown";
  for (bool shown : {true, false}) {
    SandboxOptions options;
    if (shown) options.read_only_paths = {folder};
    auto sandbox = Sandbox::Create(options);
    if (!sandbox.ok()) GTEST_SKIP() << sandbox.status().message();
    const auto outcome =
        (*sandbox)->Run({.source = absl::StrCat("print(open('", folder, "/file').read())\n",
                                                "open('", folder, "/file', 'w')\n")});
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_EQ(outcome->standard_output, shown ? "shown\n" : "");
    EXPECT_THAT(outcome->standard_error,
                HasSubstr(shown ? "Read-only file system" : "No such file"));
  }
  std::filesystem::remove_all(folder);
}

// A bubblewrap that fails as the real one does where namespaces are forbidden.
TEST(SandboxOptionsTest, RefusesWithoutNamespacesAndSaysWhatToDo) {
  const std::string path = absl::StrCat(::testing::TempDir(), "/bwrap-", getpid());
  std::ofstream(path)
      << "#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n";
  std::filesystem::permissions(path, std::filesystem::perms(0755));
  const absl::Status status = Sandbox::Create({.bubblewrap = path}).status();
  std::filesystem::remove(path);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("No permissions"), HasSubstr("user namespaces"),
                    HasSubstr("\"rlimits\""), HasSubstr("read every file")));
}

}  // namespace
}  // namespace assay
