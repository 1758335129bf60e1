// The program itself, with a real PostgreSQL, and shell scripts in place of the coordinator and the
// worker.
#include "client/up/up.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "client/process/subprocess.h"
#include "client/up/data_folder.h"
#include "client/up/postgres_binaries.h"
#include "common/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr absl::Duration kPatience = absl::Seconds(60);

// Writes "start <pid>" and "end" into $EVENTS, and ends in order at SIGTERM.
constexpr char kCoordinator[] = R"(#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    --address-file) file=$2 ;;
    --listen) listen=$2 ;;
  esac
  shift
done
echo "coordinator start $$ $listen" >> "$EVENTS"
trap 'echo "coordinator end" >> "$EVENTS"; exit 0' TERM
echo "$ASSAY_DATABASE" > "$EVENTS.database"
echo 127.0.0.1:4321 > "$file"
while :; do sleep 0.05; done
)";
constexpr char kWorker[] = R"(#!/bin/sh
echo "worker start $$ $*" >> "$EVENTS"
trap 'sleep 0.3; echo "worker end" >> "$EVENTS"; exit 0' TERM
while :; do sleep 0.05; done
)";

bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (absl::Now() < deadline) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return condition();
}

// In memory where there is enough: to bring a database to a disk takes seconds at each start and
// stop. Short, for the socket's path; passable, for the cluster's own user.
std::string DataParent() {
  std::error_code error;
  const std::filesystem::space_info memory = std::filesystem::space("/dev/shm", error);
  const bool is_enough = !error && memory.available > uint64_t{1} << 30;
  std::string pattern =
      is_enough && access("/dev/shm", W_OK) == 0 ? "/dev/shm/assay-XXXXXX" : "/tmp/assay-XXXXXX";
  const std::string folder = mkdtemp(pattern.data());
  return chmod(folder.c_str(), 0755) == 0 ? folder : "";
}

class UpTest : public testing::Test {
 protected:
  void SetUp() override {
    if (FindPostgresBinaries().empty()) GTEST_SKIP() << "PostgreSQL's server is not installed";
    data_parent_ = DataParent();
    std::string pattern = "/tmp/assay-up-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
    WriteScript("coordinator", kCoordinator);
    WriteScript("worker", kWorker);
  }

  void TearDown() override {
    if (pid_ > 0) Stop();
    for (const std::string& folder : {folder_, data_parent_}) {
      if (!folder.empty()) std::filesystem::remove_all(folder);
    }
  }

  void WriteScript(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFile(folder_ + "/" + name, text).ok());
    ASSERT_EQ(chmod((folder_ + "/" + name).c_str(), 0755), 0);
  }

  Command UpCommand(std::vector<std::string> options = {}) const {
    Command command;
    // The script that stands for the coordinator serves no page.
    command.arguments = {ASSAY_PROGRAM, "up", "--data", Data(), "--web-listen", "none"};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    command.environment = {{"ASSAY_COORDINATOR_PROGRAM", folder_ + "/coordinator"},
                           {"ASSAY_WORKER_PROGRAM", folder_ + "/worker"},
                           {"EVENTS", folder_ + "/events"}};
    return command;
  }

  void Start(std::vector<std::string> options = {}) {
    const absl::StatusOr<int> output = OpenLog(folder_ + "/output");
    ASSERT_TRUE(output.ok()) << output.status();
    SpawnOptions spawn;
    spawn.output_fd = *output;
    spawn.death_signal = SIGTERM;
    const absl::StatusOr<pid_t> pid = Spawn(UpCommand(std::move(options)), spawn);
    close(*output);
    ASSERT_TRUE(pid.ok()) << pid.status();
    pid_ = *pid;
  }

  // As Start, and waits for the ready line.
  void StartUntilReady(std::vector<std::string> options = {}) {
    Start(std::move(options));
    ASSERT_TRUE(Eventually([&] { return absl::StrContains(Output(), "ready: "); })) << Output();
  }

  int Wait() {
    int status = 0;
    waitpid(std::exchange(pid_, 0), &status, 0);
    return status;
  }

  int Stop(int signal = SIGINT) {
    kill(pid_, signal);
    return Wait();
  }

  std::string Data() const { return data_parent_ + "/data"; }
  std::string Output() const { return ReadFile(folder_ + "/output").value_or(""); }
  std::string Events() const { return ReadFile(folder_ + "/events").value_or(""); }

  // The process that last wrote "<name> start <pid>".
  pid_t Started(const std::string& name) const {
    pid_t pid = 0;
    for (const absl::string_view line : absl::StrSplit(Events(), '\n')) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ');
      if (words.size() > 2 && words[0] == name && words[1] == "start") {
        EXPECT_TRUE(absl::SimpleAtoi(words[2], &pid));
      }
    }
    return pid;
  }

  pid_t Postmaster() const {
    pid_t pid = 0;
    const std::string text = ReadFile(Data() + "/postgres/postmaster.pid").value_or("");
    const std::vector<std::string> lines = absl::StrSplit(text, '\n');
    if (lines.size() < 8 || !absl::StrContains(lines[7], "ready")) return 0;
    return absl::SimpleAtoi(lines[0], &pid) ? pid : 0;
  }

  // A process that has ended but was not waited for yet has no program any more.
  static bool IsAlive(pid_t pid) {
    char program[4096];
    return pid > 0 &&
           readlink(absl::StrCat("/proc/", pid, "/exe").c_str(), program, sizeof program) > 0;
  }

  // Asks the cluster as the coordinator would, with the URL that it was given.
  std::string Query(const std::string& sql) const {
    const std::string url = ReadFile(folder_ + "/events.database").value_or("");
    const absl::StatusOr<CommandResult> result =
        RunCommand({{FindPostgresBinaries().front().folder + "/psql", "--no-psqlrc", "-tA", "-d",
                     std::string(absl::StripSuffix(url, "\n")), "-c", sql},
                    {},
                    "",
                    {}});
    if (!result.ok()) return std::string(result.status().message());
    return result->succeeded() ? result->output : result->error;
  }

  std::string folder_;
  std::string data_parent_;
  pid_t pid_ = 0;
};

TEST_F(UpTest, StartsEverythingAndStopsItInOrder) {
  StartUntilReady({"--workers", "2", "--threads", "3"});
  EXPECT_EQ(Query("SELECT current_user, current_setting('listen_addresses') = ''"), "assay|t\n");
  EXPECT_THAT(Events(), HasSubstr("--coordinator 127.0.0.1:4321 --log-level info --threads 3"));
  struct stat info = {};
  ASSERT_EQ(stat((Data() + "/run").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0700u);
  const pid_t postmaster = Postmaster();
  ASSERT_EQ(stat((Data() + "/postgres").c_str(), &info), 0);
  EXPECT_NE(info.st_uid, 0u) << "the cluster must not belong to root";

  EXPECT_EQ(Stop(SIGINT), 0) << Output();
  EXPECT_THAT(Events(),
              MatchesRegex("coordinator start [^\n]*\nworker start [^\n]*\nworker start [^\n]*\n"
                           "worker end\nworker end\ncoordinator end\n"));
  EXPECT_THAT(Output(), HasSubstr("stopping worker 1\nstopping worker 2\nstopping coordinator\n"
                                  "stopping PostgreSQL\neverything is stopped\n"));
  EXPECT_FALSE(IsAlive(postmaster));

  // Again on the same folder: what was stored is there, and everybody else is kept out.
  std::filesystem::remove(folder_ + "/output");
  StartUntilReady();
  EXPECT_EQ(Query("CREATE TABLE kept (x int)"), "CREATE TABLE\n");
  EXPECT_EQ(Stop(SIGTERM), 0) << Output();
  std::filesystem::remove(folder_ + "/output");
  StartUntilReady();
  EXPECT_EQ(Query("SELECT count(*) FROM kept"), "0\n");
}

TEST_F(UpTest, LetsNobodyElseIntoTheDatabase) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  StartUntilReady();
  // Even with the folder wide open.
  ASSERT_EQ(chmod((Data() + "/run").c_str(), 0777), 0);
  ASSERT_EQ(chmod((Data() + "/run/.s.PGSQL.5432").c_str(), 0777), 0);
  const absl::StatusOr<SystemUser> nobody = FindUser("nobody");
  ASSERT_TRUE(nobody.ok());
  const absl::StatusOr<CommandResult> result =
      RunCommand({{FindPostgresBinaries().front().folder + "/psql", "--no-psqlrc", "-h",
                   Data() + "/run", "-U", "assay", "-d", "assay", "-c", "SELECT 1"},
                  {},
                  "/",
                  *nobody});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->succeeded());
  EXPECT_THAT(result->error, HasSubstr("Peer authentication failed"));
}

TEST_F(UpTest, StartsAgainWhatWasKilled) {
  StartUntilReady();
  // A worker may take a moment until it says that it is there.
  ASSERT_TRUE(Eventually([&] { return IsAlive(Started("worker")); })) << Output();
  const pid_t worker = Started("worker");
  const pid_t coordinator = Started("coordinator");
  const pid_t postmaster = Postmaster();
  ASSERT_TRUE(IsAlive(worker) && IsAlive(coordinator) && IsAlive(postmaster));
  kill(worker, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Started("worker") != worker; })) << Output();
  kill(coordinator, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Started("coordinator") != coordinator; })) << Output();
  kill(postmaster, SIGKILL);
  EXPECT_TRUE(Eventually([&] { return Postmaster() != postmaster && Postmaster() > 0; }))
      << Output();
  EXPECT_EQ(Query("SELECT 1"), "1\n");
  EXPECT_THAT(Output(), HasSubstr(absl::StrCat("worker 1 (process ", worker,
                                               ") ended: killed by signal 9 (Killed); starting "
                                               "it again in 1s")));
  // The workers know the address of the first start.
  EXPECT_THAT(Events(), HasSubstr(absl::StrCat("coordinator start ", Started("coordinator"),
                                               " 127.0.0.1:4321\n")));
  EXPECT_EQ(Stop(), 0);
}

TEST_F(UpTest, RefusesASecondOneOnTheSameFolder) {
  StartUntilReady();
  const absl::StatusOr<CommandResult> second = RunCommand(UpCommand());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(WEXITSTATUS(second->wait_status), 1);
  EXPECT_THAT(second->error, HasSubstr(absl::StrCat("already, as process ", pid_)));
}

TEST_F(UpTest, LeavesNothingBehindWhenItIsKilled) {
  StartUntilReady({"--workers", "2"});
  const pid_t worker = Started("worker");
  const pid_t coordinator = Started("coordinator");
  const pid_t postmaster = Postmaster();
  ASSERT_TRUE(IsAlive(worker) && IsAlive(coordinator) && IsAlive(postmaster));
  Stop(SIGKILL);
  EXPECT_TRUE(Eventually(
      [&] { return !IsAlive(worker) && !IsAlive(coordinator) && !IsAlive(postmaster); }));

  // The next one works at once.
  std::filesystem::remove(folder_ + "/output");
  StartUntilReady();
  EXPECT_EQ(Query("SELECT 1"), "1\n");
}

TEST_F(UpTest, TakesOverFromAServerThatWasLeft) {
  StartUntilReady();
  EXPECT_EQ(Stop(), 0);
  struct stat info = {};
  ASSERT_EQ(stat((Data() + "/postgres").c_str(), &info), 0);
  Command server;
  server.arguments = {FindPostgresBinaries().front().folder + "/postgres",
                      "-D",
                      Data() + "/postgres",
                      "-c",
                      "listen_addresses=",
                      "-c",
                      "unix_socket_directories=" + Data() + "/run"};
  server.directory = "/";
  if (geteuid() == 0) {
    ASSERT_NE(info.st_uid, 0u);
    server.user = SystemUser{"postgres", info.st_uid, info.st_gid};
  }
  const absl::StatusOr<pid_t> left = Spawn(server, SpawnOptions());
  ASSERT_TRUE(left.ok()) << left.status();
  ASSERT_TRUE(Eventually([&] { return Postmaster() == *left; }));

  std::filesystem::remove(folder_ + "/output");
  StartUntilReady();
  int status = -1;
  EXPECT_EQ(waitpid(*left, &status, 0), *left);
  EXPECT_EQ(status, 0) << "it must be stopped in order";
  EXPECT_NE(Postmaster(), *left);
  EXPECT_EQ(Query("SELECT 1"), "1\n");
}

TEST_F(UpTest, ASecondInterruptHurries) {
  WriteScript("worker",
              "#!/bin/sh\ntrap '' TERM\necho \"worker start $$\" >> \"$EVENTS\"\n"
              "while :; do sleep 0.05; done\n");
  StartUntilReady();
  ASSERT_TRUE(Eventually([&] { return Started("worker") > 0; }));
  const absl::Time start = absl::Now();
  kill(pid_, SIGINT);
  ASSERT_TRUE(Eventually([&] { return absl::StrContains(Output(), "stopping worker 1"); }));
  EXPECT_EQ(Stop(SIGINT), 0);
  EXPECT_LT(absl::Now() - start, absl::Seconds(14));  // without it: 15 s of grace
  EXPECT_THAT(Output(), HasSubstr("worker 1 is ended at once"));
}

TEST_F(UpTest, ShowsTheLogOfAProgramThatDoesNotStart) {
  WriteScript("coordinator", "#!/bin/sh\necho 'cannot listen on 127.0.0.1:7420' >&2\nexit 1\n");
  Start();
  EXPECT_EQ(WEXITSTATUS(Wait()), 1);
  EXPECT_THAT(Output(), HasSubstr("coordinator ended at its start; the end of its log, "));
  EXPECT_THAT(Output(), HasSubstr("cannot listen on 127.0.0.1:7420"));
  EXPECT_THAT(Output(), HasSubstr("stopping PostgreSQL"));
}

TEST_F(UpTest, AnExistingDatabaseNeedsNoCluster) {
  StartUntilReady({"--database", "postgresql://someone:secret@db.example/assay"});
  EXPECT_EQ(*ReadFile(folder_ + "/events.database"),
            "postgresql://someone:secret@db.example/assay\n");
  EXPECT_FALSE(std::filesystem::exists(Data() + "/postgres"));
  EXPECT_THAT(Output(), Not(HasSubstr("secret")));
}

TEST_F(UpTest, RefusesAClusterOfAnotherVersion) {
  std::filesystem::create_directories(Data() + "/postgres");
  ASSERT_TRUE(WriteFile(Data() + "/postgres/PG_VERSION", "9\n").ok());
  Start();
  EXPECT_NE(Wait(), 0);
  EXPECT_THAT(Output(), HasSubstr("is of PostgreSQL 9, and this machine has version "));
}

TEST_F(UpTest, RefusesAFolderWhoseSocketPathIsTooLong) {
  const std::string longer = Data() + "/" + std::string(90, 'x');
  Command command = UpCommand();
  command.arguments[3] = longer;
  const absl::StatusOr<CommandResult> result = RunCommand(command);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(WEXITSTATUS(result->wait_status), 2);
  EXPECT_THAT(result->error, HasSubstr("choose a shorter data folder with --data"));
}

}  // namespace
}  // namespace assay
