#include "client/up/up.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/process/subprocess.h"
#include "client/up/data_folder.h"
#include "client/up/postgres_cluster.h"
#include "client/up/signal_queue.h"
#include "client/up/supervisor.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

// Programs of a stage end before those of the lower ones, which they need.
enum Stage { kDatabaseStage, kCoordinatorStage, kWorkerStage };

// PostgreSQL may have a log to replay first.
constexpr absl::Duration kDatabaseTimeout = absl::Minutes(5);
// The coordinator migrates the database before it serves.
constexpr absl::Duration kCoordinatorTimeout = absl::Minutes(2);

int Processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

ProgramSpec DatabaseProgram(const PostgresCluster& cluster, const DataFolder& data) {
  ProgramSpec spec;
  spec.name = "PostgreSQL";
  spec.stage = kDatabaseStage;
  spec.command = [&cluster] { return cluster.ServerCommand(); };
  spec.log = data.log("postgres");
  spec.stop_signal = SIGINT;  // fast shutdown: sessions are ended, the data is written
  spec.kill_signal = SIGQUIT;
  spec.death_signal = SIGINT;
  spec.grace = absl::Seconds(60);
  return spec;
}

// Coordinators and workers lose nothing by a SIGKILL, so that is what they get when we die: nothing
// stays behind.
// Program `number`'s: the coordinator is 0, the workers begin at 1. What is no HOST:PORT stays as
// it is, for the program to refuse.
std::string MetricsAddress(const std::string& first, int number) {
  const size_t colon = first.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(first.substr(colon + 1), &port)) return first;
  return absl::StrCat(first.substr(0, colon), ":", port == 0 ? 0 : port + number);
}

bool IsFree(int port) {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const int on = 1;
  setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return free;
}

// Where the coordinator serves HTTP; empty: nowhere.
std::string WebAddress(const UpOptions& options) {
  if (!options.metrics_listen.empty()) return MetricsAddress(options.metrics_listen, 0);
  if (options.web_listen == "none") return "";
  if (!options.web_listen.empty()) return options.web_listen;
  int port = 0;
  if (!absl::SimpleAtoi(options.listen.substr(options.listen.rfind(':') + 1), &port)) port = 0;
  if (port != 0) port = port < 65535 && IsFree(port + 1) ? port + 1 : 0;
  return absl::StrCat("127.0.0.1:", port);
}

// A worker's, each of which has a GPU of its own. What is no number is for the worker to refuse.
int ProcessesOf(const std::vector<std::string>& worker_arguments) {
  int processes = 1;
  const auto option =
      std::find(worker_arguments.begin(), worker_arguments.end(), "--tensor-parallel");
  if (option == worker_arguments.end() || option + 1 == worker_arguments.end() ||
      !absl::SimpleAtoi(option[1], &processes)) {
    return 1;
  }
  return std::clamp(processes, 1, 128);
}

ProgramSpec CoordinatorProgram(const UpOptions& options, const std::string& database_url,
                               const std::string& address_file,
                               const std::string& http_address_file,
                               std::shared_ptr<const std::string> listen,
                               std::shared_ptr<const std::string> http_listen,
                               const DataFolder& data) {
  ProgramSpec spec;
  spec.name = "coordinator";
  spec.stage = kCoordinatorStage;
  spec.command = [=] {
    Command command;
    command.arguments = {FindSibling("assay-coordinator", "ASSAY_COORDINATOR_PROGRAM"),
                         "--listen",
                         *listen,
                         "--address-file",
                         address_file,
                         "--log-level",
                         options.log_level};
    if (!http_listen->empty()) {
      command.arguments.insert(command.arguments.end(), {"--http-listen", *http_listen,
                                                         "--http-address-file", http_address_file});
    }
    if (options.lease_seconds > 0) {
      command.arguments.insert(command.arguments.end(),
                               {"--lease-seconds", absl::StrCat(options.lease_seconds)});
    }
    // Not as an argument: other users can read those, and a URL may hold a password.
    command.environment = {{"ASSAY_DATABASE", database_url}};
    return command;
  };
  spec.log = data.log("coordinator");
  spec.stop_signal = SIGTERM;
  spec.kill_signal = SIGKILL;
  spec.death_signal = SIGKILL;
  spec.grace = absl::Seconds(15);
  return spec;
}

ProgramSpec WorkerProgram(const UpOptions& options, const std::string& address, int number,
                          const DataFolder& data) {
  ProgramSpec spec;
  spec.name = absl::StrCat("worker ", number);
  spec.stage = kWorkerStage;
  const int threads = options.threads > 0   ? options.threads
                      : options.workers > 1 ? std::max(1, Processors() / options.workers)
                                            : 0;
  spec.command = [=] {
    Command command;
    command.arguments = {FindSibling("assay-worker", "ASSAY_WORKER_PROGRAM"), "--coordinator",
                         address, "--log-level", options.log_level};
    const auto add = [&](const char* option, int value) {
      if (value > 0) {
        command.arguments.insert(command.arguments.end(), {option, absl::StrCat(value)});
      }
    };
    add("--threads", threads);
    add("--token-budget", options.token_budget);
    add("--kv-cache-mb", options.kv_cache_mb);
    if (!options.metrics_listen.empty()) {
      command.arguments.insert(
          command.arguments.end(),
          {"--metrics-listen", MetricsAddress(options.metrics_listen, number)});
    }
    if (!options.device.empty()) {
      command.arguments.insert(
          command.arguments.end(),
          {"--device",
           options.device == "cuda"
               ? absl::StrCat("cuda:", (number - 1) * ProcessesOf(options.worker_arguments))
               : options.device});
    }
    if (!options.sandbox.empty()) {
      command.arguments.insert(command.arguments.end(), {"--sandbox", options.sandbox});
    }
    command.arguments.insert(command.arguments.end(), options.worker_arguments.begin(),
                             options.worker_arguments.end());
    return command;
  };
  spec.log = data.log(absl::StrCat("worker-", number));
  spec.stop_signal = SIGTERM;
  spec.kill_signal = SIGKILL;
  spec.death_signal = SIGKILL;
  spec.grace = absl::Seconds(15);
  return spec;
}

absl::Status StartAll(const UpOptions& options, const DataFolder& data,
                      const std::optional<PostgresCluster>& cluster, Supervisor& supervisor,
                      std::ostream* out) {
  const auto say = [&](auto... parts) { *out << absl::StrCat(parts...) << "\n" << std::flush; };
  if (cluster.has_value()) {
    ASSAY_RETURN_IF_ERROR(supervisor.Start(
        DatabaseProgram(*cluster, data), [&](pid_t pid) { return cluster->IsReady(pid); },
        kDatabaseTimeout));
    ASSAY_RETURN_IF_ERROR(cluster->EnsureDatabase());
    say("PostgreSQL ", cluster->major(), " is running");
  }
  const std::string address_file = data.run() + "/coordinator.address";
  const std::string http_address_file = data.run() + "/http.address";
  for (const std::string& file : {address_file, http_address_file}) {
    if (unlink(file.c_str()) != 0 && errno != ENOENT) {
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot remove ", file));
    }
  }
  // A coordinator that is started again listens where the first one did: the workers know that
  // address.
  const auto listen = std::make_shared<std::string>(options.listen);
  const auto http_listen = std::make_shared<std::string>(WebAddress(options));
  std::string address;
  ASSAY_RETURN_IF_ERROR(supervisor.Start(
      CoordinatorProgram(options, cluster.has_value() ? cluster->Url() : options.database,
                         address_file, http_address_file, listen, http_listen, data),
      [&](pid_t) {
        const absl::StatusOr<std::string> text = ReadFile(address_file);
        if (text.ok()) address = std::string(absl::StripAsciiWhitespace(*text));
        return !address.empty();
      },
      kCoordinatorTimeout));
  *listen = address;
  say("the coordinator is running at ", address);
  if (!http_listen->empty()) {
    ASSAY_ASSIGN_OR_RETURN(const std::string http, ReadFile(http_address_file));
    *http_listen = std::string(absl::StripAsciiWhitespace(http));
    say("the web page is at http://", *http_listen, "/");
  }
  for (int number = 1; number <= options.workers; ++number) {
    ASSAY_RETURN_IF_ERROR(supervisor.Start(
        WorkerProgram(options, address, number, data), [](pid_t) { return true; },
        absl::ZeroDuration()));
  }
  say(options.workers, options.workers == 1 ? " worker is running" : " workers are running");
  say("ready: ", address, "  (Ctrl-C stops everything; logs: ", data.path(), "/log)");
  return absl::OkStatus();
}

}  // namespace

absl::Status RunUp(const UpOptions& options, std::ostream* out, Clock* clock) {
  SignalQueue signals;
  std::string folder = options.data;
  if (folder.empty()) {
    ASSAY_ASSIGN_OR_RETURN(folder, DefaultDataFolder());
  }
  ASSAY_ASSIGN_OR_RETURN(const DataFolder data, DataFolder::Open(folder));
  *out << "data folder: " << data.path() << "\n" << std::flush;
  std::optional<PostgresCluster> cluster;
  if (options.database.empty()) {
    ASSAY_ASSIGN_OR_RETURN(cluster, PostgresCluster::Open(data, options.postgres_user, clock));
  } else {
    ASSAY_ASSIGN_OR_RETURN(const SystemUser user, CurrentUser());
    ASSAY_RETURN_IF_ERROR(MakeFolder(data.run(), user, 0700));
  }
  Supervisor supervisor(&signals, clock, out);
  const absl::Status started = StartAll(options, data, cluster, supervisor, out);
  if (started.ok()) supervisor.Run();
  supervisor.Stop();
  *out << "everything is stopped\n" << std::flush;
  // Asked to stop while starting: that too is what the user wanted.
  return absl::IsCancelled(started) ? absl::OkStatus() : started;
}

}  // namespace assay
