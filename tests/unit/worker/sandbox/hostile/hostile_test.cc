// Hostile programs end within their limits, reach nothing and leave nothing.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/unit/worker/sandbox/hostile/canaries.h"
#include "tests/unit/worker/sandbox/hostile/hostile_programs.h"
#include "worker/sandbox/sandbox.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPrograms[] = "tests/unit/worker/sandbox/hostile/programs";
constexpr int kAtATime = 4;
// Programs that go on until they are killed share the processors with those that end by themselves.
constexpr std::chrono::milliseconds kTimeOfEndless{1200};
constexpr std::chrono::milliseconds kTimeOfOthers{10000};
constexpr Limits kLimits = {.wall_time = kTimeOfOthers,
                            .cpu_time = std::chrono::seconds(1),
                            .process_memory_bytes = int64_t{768} << 20,
                            .memory_bytes = int64_t{256} << 20,
                            .processes = 30,
                            .open_files = 50,
                            .file_bytes = int64_t{8} << 20,
                            .temporary_bytes = int64_t{20} << 20,
                            .temporary_files = 500,
                            .output_bytes = int64_t{4} << 20};
// What killing and a loaded machine may add.
constexpr auto kGrace = absl::Seconds(3);

class HostileTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (getenv("ASSAY_TEST_AS_NOBODY") != nullptr && geteuid() == 0) {
      constexpr uid_t kNobody = 65534;
      ASSERT_EQ(setgroups(0, nullptr), 0);
      ASSERT_EQ(setresgid(kNobody, kNobody, kNobody), 0);
      ASSERT_EQ(setresuid(kNobody, kNobody, kNobody), 0);
      ASSERT_EQ(prctl(PR_SET_DUMPABLE, 1), 0);
    }
  }

  void SetUp() override {
    if (access(kPrograms, R_OK) != 0) GTEST_SKIP() << "this user may not read " << kPrograms;
    AdoptOrphans();
    canaries_ = std::make_unique<Canaries>();
    programs_ = ReadHostilePrograms(kPrograms, canaries_->Names());
  }

  void Open(SandboxMode mode) {
    auto sandbox = Sandbox::Create({.mode = mode, .max_concurrent = kAtATime});
    if (!sandbox.ok()) GTEST_SKIP() << sandbox.status().message();
    sandbox_ = *std::move(sandbox);
  }

  // What is wrong with the way that this program ended; empty when nothing is.
  std::string Fault(const HostileProgram& program) {
    const std::string marker = absl::StrCat("ASSAY_HOSTILE=", getpid(), "-", program.name, ".");
    Limits limits = kLimits;
    if (program.endings == "any" || absl::StrContains(program.endings, "wall")) {
      limits.wall_time = kTimeOfEndless;
    }
    const absl::Time start = absl::Now();
    const absl::StatusOr<Outcome> outcome = sandbox_->Run(
        {.interpreter = program.is_shell ? std::vector<std::string>{"/bin/sh"}
                                         : std::vector<std::string>{"/usr/bin/python3", "-I", "-S"},
         .source = program.source,
         .prove_completion = true,
         .environment = {marker},
         .limits = limits});
    const absl::Duration taken = absl::Now() - start;
    if (!outcome.ok()) return outcome.status().ToString();
    const std::string output = outcome->standard_output + outcome->standard_error;
    std::vector<std::string> faults;
    if (exact_endings_ && !IsExpected(program, *outcome)) {
      faults.push_back(absl::StrCat("ended by ", EndingOf(*outcome), ", not ", program.endings));
    }
    if (taken > absl::FromChrono(limits.wall_time) + kGrace) {
      faults.push_back(absl::StrCat("took ", absl::FormatDuration(taken)));
    }
    if (outcome->completed) faults.push_back("proved what it had not done");
    if (absl::StrContains(output, "BREACH")) faults.push_back("a breach");
    if (absl::StrContains(output, canaries_->secret())) faults.push_back("knew the secret");
    if (const auto left = ProcessesWith(marker); !left.empty()) {
      faults.push_back(absl::StrCat("left ", left.size(), " processes"));
    }
    if (faults.empty()) return "";
    return absl::StrCat(absl::StrJoin(faults, "; "), "\n", output.substr(0, 3000));
  }

  // Runs them several at a time.
  void RunAll(const std::vector<HostileProgram>& programs) {
    std::atomic<size_t> next = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kAtATime; ++i) {
      threads.emplace_back([&] {
        for (size_t at; (at = next++) < programs.size();) {
          const HostileProgram& program = programs[at];
          EXPECT_EQ(Fault(program), "") << program.theme << ": " << program.name;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(canaries_->Harm(), "");
    // All that was started is reaped, and what would have outlived its launcher would be ours.
    EXPECT_THAT(Children(), ElementsAre(canaries_->process()));
  }

  std::vector<HostileProgram> Select(const std::vector<std::string>& themes_or_names) const {
    std::vector<HostileProgram> selected;
    for (const HostileProgram& program : programs_) {
      for (const std::string& word : themes_or_names) {
        if (program.theme == word || program.name == word) selected.push_back(program);
      }
    }
    return selected;
  }

  std::unique_ptr<Canaries> canaries_;
  std::vector<HostileProgram> programs_;
  std::unique_ptr<Sandbox> sandbox_;
  bool exact_endings_ = true;
};

TEST_F(HostileTest, ProgramsEndAndHarmNothing) {
  Open(SandboxMode::kNamespaces);
  if (IsSkipped()) return;
  ASSERT_GE(programs_.size(), 100u);
  // Some delete what they can reach. Whether they reach anything is asked by milder ones first.
  RunAll(Select({"only_a_few_names_at_the_root", "writes_outside", "deletes_the_canary",
                 "kills_the_worker_by_number", "no_other_processes", "becomes_root"}));
  ASSERT_FALSE(HasFailure()) << "the rest is not run in a sandbox with holes";
  RunAll(programs_);
}

// Without namespaces the machine's files are open to programs, so those that attack files are left
// out, and the rest runs only where it can be another user than the test's.
TEST_F(HostileTest, ProgramsEndInTheWeakerMode) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can run it as another user";
  Open(SandboxMode::kRlimitsOnly);
  // Their shared limit of processes makes them end in more ways.
  exact_endings_ = false;
  std::vector<HostileProgram> programs = Select({"memory", "network", "output", "processes"});
  std::erase_if(programs, [](const HostileProgram& program) {
    return program.name == "abstract_unix_socket" || program.name == "shared_mapping" ||
           program.name == "shared_memory_segments";
  });
  ASSERT_GE(programs.size(), 60u);
  RunAll(programs);
}

TEST_F(HostileTest, BreachesAreNoticed) {
  Open(SandboxMode::kRlimitsOnly);
  const auto fault = [this](std::string name) {
    HostileProgram program = Select({std::move(name)}).at(0);
    return Fault(program);
  };
  EXPECT_THAT(fault("reads_secrets"), HasSubstr("a breach"));
  HostileProgram program = {.theme = "test", .name = "test", .is_shell = true, .endings = "exit 0"};
  program.source = absl::StrCat("cat ", canaries_->file());
  EXPECT_THAT(Fault(program), HasSubstr("knew the secret"));
  program.source = absl::StrCat("echo x > ", canaries_->file());
  EXPECT_EQ(Fault(program), "");
  EXPECT_THAT(canaries_->Harm(), HasSubstr("the file was changed"));
  program.source = "exit 3";
  EXPECT_THAT(Fault(program), HasSubstr("ended by exit 3, not exit 0"));
}

}  // namespace
}  // namespace assay
