// assay-coordinator: serves clients and workers out of one PostgreSQL database.
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/metrics/metrics_server.h"
#include "coordinator/metrics/coordinator_metrics.h"
#include "coordinator/metrics/queue_metrics.h"
#include "coordinator/service/server.h"
#include "coordinator/store/database.h"
#include "coordinator/store/migrator.h"

namespace assay {
namespace {

constexpr int kDatabaseConnections = 16;

struct Options {
  ServerOptions server;
  std::string database;
  std::string address_file;
  double lease_seconds = 30;
  double database_wait_seconds = 60;
  std::string metrics_listen;
  std::string log_level = "info";
  bool migrate_only = false;
};

// The value is not repeated: it may hold a password.
std::string IsDatabaseUrl(const std::string& value) {
  const bool uri =
      absl::StartsWith(value, "postgresql://") || absl::StartsWith(value, "postgres://");
  return uri || absl::StrContains(value, "=") ? ""
                                              : "must be a URL: postgresql://USER@HOST:PORT/NAME";
}

void AddOptions(CLI::App& app, Options& options) {
  app.set_version_flag("--version", absl::StrCat("assay-coordinator ", kVersion));
  app.add_option("--database", options.database,
                 "PostgreSQL to keep everything in: postgresql://USER@HOST:PORT/NAME")
      ->envname("ASSAY_DATABASE")
      ->check(IsDatabaseUrl)
      ->required();
  app.add_option("--listen", options.server.listen, "HOST:PORT to serve at; port 0: any free one")
      ->capture_default_str();
  app.add_option("--address-file", options.address_file,
                 "File to write HOST:PORT to, as soon as it is served at");
  app.add_option("--metrics-listen", options.metrics_listen,
                 "HOST:PORT to serve metrics to Prometheus at (GET /metrics); default: none");
  app.add_option("--lease-seconds", options.lease_seconds,
                 "Time after which a silent worker's work is given to another")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app.add_option("--database-wait-seconds", options.database_wait_seconds,
                 "Time to wait for the database at the start")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_flag("--migrate-only", options.migrate_only,
               "Bring the database's schema up to date, and end");
  app.add_option("--log-level", options.log_level, "What is logged to the standard error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
}

// The signals that end the program are blocked in every thread, and taken here.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  // False when one came.
  bool Sleep(absl::Duration duration) const {
    const timespec time = absl::ToTimespec(duration);
    return sigtimedwait(&signals_, nullptr, &time) < 0;
  }
  void Wait() const {
    int signal = 0;
    sigwait(&signals_, &signal);
    spdlog::info("stopping: {}", strsignal(signal));
  }

 private:
  sigset_t signals_;
};

// What is counted, from the first lease on.
struct Monitoring {
  Monitoring(Database* database, std::unique_ptr<MetricsServer> metrics)
      : queue(database), server(std::move(metrics)), leases(&server->registry()) {
    server->Add(std::make_shared<QueueMetrics>(&queue, Clock::Real()));
  }
  QueueStore queue;
  std::unique_ptr<MetricsServer> server;
  LeaseMetrics leases;
};

absl::Status Serve(Options options, const StopSignals& signals) {
  Database database(options.database, kDatabaseConnections);
  ASSAY_RETURN_IF_ERROR(database.WaitUntilReachable(
      absl::Seconds(options.database_wait_seconds),
      [&signals](absl::Duration duration) { return signals.Sleep(duration); }));
  ASSAY_ASSIGN_OR_RETURN(const int migrations, Migrate(database, EmbeddedMigrations()));
  if (migrations > 0) spdlog::info("applied {} migrations to the database", migrations);
  if (options.migrate_only) return absl::OkStatus();
  std::optional<Monitoring> monitoring;
  if (!options.metrics_listen.empty()) {
    ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<MetricsServer> metrics,
                           MetricsServer::Start(options.metrics_listen, kVersion, ""));
    spdlog::info("metrics are served at http://{}/metrics", metrics->address());
    monitoring.emplace(&database, std::move(metrics));
    options.server.lease_observer = &monitoring->leases;
  }
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<CoordinatorServer> server,
                         CoordinatorServer::Start(&database, options.server));
  spdlog::info("assay-coordinator {} serves at {}", kVersion, server->address());
  if (!options.address_file.empty()) {
    ASSAY_RETURN_IF_ERROR(WriteFile(options.address_file, server->address()));
  }
  signals.Wait();
  server->Stop();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Assay's coordinator: plans jobs, leases their work to workers and stores what comes back.");
  AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  spdlog::set_default_logger(spdlog::stderr_color_mt("assay-coordinator"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(options.log_level));
  options.server.lease_time = absl::Seconds(options.lease_seconds);
  const StopSignals signals;
  const absl::Status status = Serve(options, signals);
  if (absl::IsCancelled(status)) return 0;  // asked to stop before it served
  if (!status.ok()) {
    spdlog::error("{}", std::string(status.message()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
