#include "client/up/postgres_cluster.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr char kRole[] = "assay";
constexpr char kDatabase[] = "assay";
// libpq's default; the name of the socket's file holds it.
constexpr char kSocketFile[] = "/.s.PGSQL.5432";
constexpr absl::Duration kLeftoverTimeout = absl::Seconds(60);

// A file of the cluster's folder, readable by its owner alone.
absl::Status WriteOwned(const std::string& path, const std::string& content,
                        const SystemUser& owner) {
  ASSAY_RETURN_IF_ERROR(WriteFile(path, content));
  if (chmod(path.c_str(), 0600) != 0 || chown(path.c_str(), owner.uid, owner.gid) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot set the owner of ", path));
  }
  return absl::OkStatus();
}

std::vector<std::string> PidFileLines(const std::string& cluster) {
  const absl::StatusOr<std::string> text = ReadFile(cluster + "/postmaster.pid");
  if (!text.ok()) return {};
  return absl::StrSplit(*text, '\n');
}

std::string PercentEncode(absl::string_view text) {
  std::string result;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
        absl::string_view("-._~").find(c) != absl::string_view::npos) {
      result += c;
    } else {
      absl::StrAppend(&result, "%", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
  }
  return result;
}

}  // namespace

absl::StatusOr<PostgresCluster> PostgresCluster::Open(const DataFolder& data,
                                                      const std::string& postgres_user,
                                                      Clock* clock) {
  absl::StatusOr<SystemUser> owner = geteuid() == 0 ? FindUser(postgres_user) : CurrentUser();
  if (!owner.ok()) {
    return absl::Status(owner.status().code(),
                        absl::StrCat(owner.status().message(),
                                     ": PostgreSQL does not run as root; name the user that its "
                                     "server shall run as with --postgres-user"));
  }
  if (owner->uid == 0) {
    return absl::InvalidArgumentError(
        "PostgreSQL does not run as root: name another user with --postgres-user");
  }
  PostgresCluster cluster(data, *std::move(owner));
  ASSAY_RETURN_IF_ERROR(MakeFolder(cluster.run_, cluster.owner_, 0700));
  ASSAY_RETURN_IF_ERROR(cluster.CheckPaths());
  const absl::StatusOr<std::string> version = ReadFile(cluster.data_ + "/PG_VERSION");
  ASSAY_ASSIGN_OR_RETURN(
      cluster.binaries_,
      ChoosePostgresBinaries(FindPostgresBinaries(), version.ok() ? *version : "", cluster.data_));
  if (!version.ok()) ASSAY_RETURN_IF_ERROR(cluster.Initialize());
  ASSAY_RETURN_IF_ERROR(cluster.StopLeftover(clock));
  ASSAY_RETURN_IF_ERROR(cluster.WriteAccessFiles());
  return cluster;
}

absl::Status PostgresCluster::CheckPaths() const {
  const std::string socket = run_ + kSocketFile;
  if (socket.size() > sizeof(sockaddr_un::sun_path) - 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the path of the database's socket, ", socket, ", has ", socket.size(),
                     " bytes, and the system takes ", sizeof(sockaddr_un::sun_path) - 1,
                     ": choose a shorter data folder with --data"));
  }
  Command probe = AsOwner({"true"});
  probe.directory = run_;
  const absl::StatusOr<CommandResult> result = RunCommand(probe);
  if (!result.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the user ", owner_.name, ", whom PostgreSQL runs as, cannot enter ", run_,
        ": choose a data folder with --data that all users can pass through, or another user with "
        "--postgres-user"));
  }
  return absl::OkStatus();
}

// Made beside its place and moved there when it is whole, so that a PG_VERSION is there only of a
// whole cluster.
absl::Status PostgresCluster::Initialize() const {
  const std::string made = data_ + ".new";
  std::error_code error;
  std::filesystem::remove_all(made, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot remove ", made, ": ", error.message()));
  }
  if (std::filesystem::exists(data_, error) && !std::filesystem::is_empty(data_, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat(data_,
                     " has files but is no PostgreSQL cluster (it has no PG_VERSION): move "
                     "it away, or choose another folder with --data"));
  }
  ASSAY_RETURN_IF_ERROR(MakeFolder(made, owner_, 0700));
  ASSAY_ASSIGN_OR_RETURN(
      const CommandResult result,
      RunCommand(AsOwner({binaries_.folder + "/initdb", "--pgdata=" + made,
                          absl::StrCat("--username=", kRole), "--auth=peer", "--encoding=UTF8",
                          "--locale=C", "--data-checksums", "--no-instructions"})));
  if (!result.succeeded()) {
    return absl::InternalError(
        absl::StrCat("initdb failed (", DescribeExit(result.wait_status), "):\n", result.error));
  }
  std::filesystem::rename(made, data_, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("cannot move ", made, " to ", data_, ": ", error.message()));
  }
  return absl::OkStatus();
}

// Who may connect: the kernel tells PostgreSQL the user at the other end of the socket ("peer"),
// and the map lets in two, the cluster's owner and whoever runs `assay up`. The folder of the
// socket keeps others out already; this holds too where somebody opens the folder.
absl::Status PostgresCluster::WriteAccessFiles() const {
  ASSAY_ASSIGN_OR_RETURN(const SystemUser caller, CurrentUser());
  ASSAY_RETURN_IF_ERROR(WriteOwned(data_ + "/pg_hba.conf",
                                   "# Written by assay up at each start.\n"
                                   "# type  database  user  method\n"
                                   "local   all       all   peer map=assay\n",
                                   owner_));
  std::string ident = "# Written by assay up at each start.\n# map  system-user  role\n";
  absl::StrAppend(&ident, "assay \"", owner_.name, "\" ", kRole, "\n");
  if (caller.uid != owner_.uid)
    absl::StrAppend(&ident, "assay \"", caller.name, "\" ", kRole, "\n");
  return WriteOwned(data_ + "/pg_ident.conf", ident, owner_);
}

// An `assay up` that was killed takes its server with it, but the server needs a while. We hold the
// folder's lock, so that whatever server is there now is nobody's.
absl::Status PostgresCluster::StopLeftover(Clock* clock) const {
  const std::vector<std::string> lines = PidFileLines(data_);
  pid_t pid = 0;
  if (lines.empty() || !absl::SimpleAtoi(lines[0], &pid) || pid <= 1) return absl::OkStatus();
  const absl::Time deadline = clock->Now() + kLeftoverTimeout;
  bool asked = false;
  while (true) {
    // A server's working directory is its cluster: the pid may be another process's by now.
    std::error_code error;
    const std::filesystem::path cwd =
        std::filesystem::read_symlink(absl::StrCat("/proc/", pid, "/cwd"), error);
    if (error || !std::filesystem::equivalent(cwd, data_, error)) return absl::OkStatus();
    if (!asked && kill(pid, SIGINT) != 0) return absl::OkStatus();
    asked = true;
    if (clock->Now() > deadline) {
      return absl::FailedPreconditionError(
          absl::StrCat("a PostgreSQL server (process ", pid, ") runs on ", data_,
                       " and does not stop: stop it, or choose another folder with --data"));
    }
    clock->Sleep(absl::Milliseconds(50));
  }
}

Command PostgresCluster::AsOwner(std::vector<std::string> arguments) const {
  std::optional<SystemUser> user;
  if (geteuid() == 0) user = owner_;
  return {std::move(arguments), {}, "/", std::move(user)};
}

Command PostgresCluster::ServerCommand() const {
  // A list of folders; quotes keep a comma or a space of the path in it.
  const std::string folder = absl::StrCat("\"", absl::StrReplaceAll(run_, {{"\"", "\"\""}}), "\"");
  return AsOwner({binaries_.folder + "/postgres", "-D", data_, "-c", "listen_addresses=", "-c",
                  "unix_socket_directories=" + folder, "-c", "unix_socket_permissions=0700", "-c",
                  "port=5432", "-c", "logging_collector=off", "-c", "log_destination=stderr"});
}

bool PostgresCluster::IsReady(pid_t pid) const {
  // As pg_ctl does it: the eighth line of the server's own file is its status.
  const std::vector<std::string> lines = PidFileLines(data_);
  return lines.size() >= 8 && lines[0] == absl::StrCat(pid) &&
         absl::StripAsciiWhitespace(lines[7]) == "ready";
}

absl::StatusOr<std::string> PostgresCluster::Query(const std::string& database,
                                                   const std::string& sql) const {
  ASSAY_ASSIGN_OR_RETURN(
      const CommandResult result,
      RunCommand(AsOwner({binaries_.folder + "/psql", "--no-psqlrc", "--quiet", "--tuples-only",
                          "--no-align", "--no-password", "--host=" + run_, "--port=5432",
                          absl::StrCat("--username=", kRole), "--dbname=" + database,
                          "--command=" + sql})));
  if (!result.succeeded()) {
    return absl::InternalError(absl::StrCat("the database did not do \"", sql, "\" (",
                                            DescribeExit(result.wait_status), "): ", result.error));
  }
  return std::string(absl::StripAsciiWhitespace(result.output));
}

absl::Status PostgresCluster::EnsureDatabase() const {
  ASSAY_ASSIGN_OR_RETURN(
      const std::string found,
      Query("postgres",
            absl::StrCat("SELECT 1 FROM pg_database WHERE datname = '", kDatabase, "'")));
  if (found == "1") return absl::OkStatus();
  return Query("postgres", absl::StrCat("CREATE DATABASE ", kDatabase)).status();
}

std::string PostgresCluster::Url() const {
  return absl::StrCat("postgresql:///", kDatabase, "?host=", PercentEncode(run_),
                      "&port=5432&user=", kRole);
}

}  // namespace assay
