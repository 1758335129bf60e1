#include "tests/support/postgres/postgres_server.h"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <pqxx/pqxx>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace assay {
namespace {

constexpr char kUrlPrefix[] = "postgresql:///";

[[noreturn]] void Die(const std::string& reason) {
  std::fprintf(stderr, "PostgreSQL for the tests: %s\n", reason.c_str());
  std::abort();
}

std::string FindBinaries() {
  // Of another version than Debian's: tests/reference/postgres_versions.
  if (const char* folder = std::getenv("ASSAY_TEST_POSTGRES"); folder != nullptr) return folder;
  for (const char* version : {"17", "16", "15", "14"}) {
    const std::string folder = absl::StrCat("/usr/lib/postgresql/", version, "/bin");
    if (std::filesystem::exists(folder + "/initdb")) return folder;
  }
  Die("initdb is not in /usr/lib/postgresql/*/bin; install the package postgresql");
}

// The server must not outlive the tests, and it refuses to run as root.
pid_t Spawn(const std::vector<std::string>& command, uid_t user, gid_t group,
            const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t process = fork();
  if (process != 0) return process;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (geteuid() == 0 && (setgid(group) != 0 || setuid(user) != 0)) _exit(126);
  prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (chdir("/") != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() : binaries_(FindBinaries()), user_(geteuid()), group_(getegid()) {
  char folder[] = "/tmp/assay-postgres-XXXXXX";
  if (mkdtemp(folder) == nullptr) Die("no temporary folder");
  folder_ = folder;
  if (geteuid() == 0) {
    const passwd* postgres = getpwnam("postgres");
    if (postgres == nullptr) Die("there is no user postgres to run it as");
    user_ = postgres->pw_uid;
    group_ = postgres->pw_gid;
    if (chown(folder, user_, group_) != 0) Die("chown failed");
  }
  const std::string log = folder_ + "/log";
  const pid_t process =
      Spawn({binaries_ + "/initdb", "--pgdata=" + folder_ + "/data", "--username=assay",
             "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"},
            user_, group_, log + ".initdb");
  int status = 0;
  if (waitpid(process, &status, 0) != process || status != 0) {
    Die("initdb failed, see " + log + ".initdb");
  }
  Start();
}

PostgresServer::~PostgresServer() {
  Crash();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string PostgresServer::Url(const std::string& database) const {
  return absl::StrCat(kUrlPrefix, database, "?host=", folder_, "&user=assay");
}

void PostgresServer::Start() {
  process_ = Spawn({binaries_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c",
                    "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=32MB"},
                   user_, group_, folder_ + "/log");
  for (int attempt = 0; attempt < 300; ++attempt) {
    try {
      pqxx::connection connection(Url("postgres"));
      return;
    } catch (const std::exception&) {
      absl::SleepFor(absl::Milliseconds(100));
    }
  }
  Die("the server does not answer, see " + folder_ + "/log");
}

void PostgresServer::Crash() {
  if (process_ == 0) return;
  // SIGQUIT is PostgreSQL's "immediate": its processes end at once, and the next start recovers
  // from the log.
  kill(process_, SIGQUIT);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

std::string PostgresServer::CreateDatabase(const std::string& like) {
  const std::string name = absl::StrCat("test_", ++databases_);
  std::string statement = "CREATE DATABASE " + name;
  if (!like.empty()) {
    absl::string_view source = like;
    absl::ConsumePrefix(&source, kUrlPrefix);
    absl::StrAppend(&statement, " TEMPLATE ", source.substr(0, source.find('?')));
  }
  pqxx::connection connection(Url("postgres"));
  pqxx::nontransaction(connection).exec(statement);
  return Url(name);
}

}  // namespace assay
