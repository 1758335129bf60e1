// assay-coordinator: serves clients and workers out of one PostgreSQL database.
#include <signal.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/http/http_server.h"
#include "common/logging/log_options.h"
#include "common/metrics/metrics_server.h"
#include "common/tracing/otlp_options.h"
#include "coordinator/metrics/coordinator_metrics.h"
#include "coordinator/metrics/database_metrics.h"
#include "coordinator/metrics/queue_metrics.h"
#include "coordinator/metrics/rpc_metrics.h"
#include "coordinator/security/new_token.h"
#include "coordinator/service/server.h"
#include "coordinator/store/database.h"
#include "coordinator/store/migrator.h"
#include "coordinator/store/token_store.h"
#include "coordinator/web/page/web_page.h"
#include "coordinator/web/web_server.h"

namespace assay {
namespace {

constexpr int kDatabaseConnections = 16;
// Fewer than there are connections to the database, which workers need as well.
constexpr int kWebRequestsAtOnce = 10;

struct Options {
  ServerOptions server;
  std::string database;
  std::string address_file;
  double lease_seconds = 30;
  double database_wait_seconds = 60;
  std::string http_listen;
  std::string http_address_file;
  LogOptions log;
  std::string otlp_endpoint;
  bool migrate_only = false;
  std::string create_admin_token;
};

// The value is not repeated: it may hold a password.
std::string IsDatabaseUrl(const std::string& value) {
  const bool uri =
      absl::StartsWith(value, "postgresql://") || absl::StartsWith(value, "postgres://");
  return uri || absl::StrContains(value, "=") ? ""
                                              : "must be a URL: postgresql://USER@HOST:PORT/NAME";
}

void AddSecurityOptions(CLI::App& app, Options& options) {
  constexpr char kGroup[] = "Security";
  app.add_option(
         "--tls-certificate", options.server.tls.certificate,
         "PEM file of the certificate to serve with, and of those that lead to its CA. It and "
         "all below are read again when they change")
      ->envname("ASSAY_TLS_CERTIFICATE")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-key", options.server.tls.key, "PEM file of that certificate's key")
      ->envname("ASSAY_TLS_KEY")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--tls-client-ca", options.server.tls.ca,
                 "PEM file of the CA that signs clients' certificates: who has none is turned away")
      ->envname("ASSAY_TLS_CLIENT_CA")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--require-tokens", options.server.require_tokens,
               "Ask for a token wherever there is no TLS too; with TLS it is asked for anyway")
      ->envname("ASSAY_REQUIRE_TOKENS")
      ->group(kGroup);
  app.add_flag(
         "--insecure", options.server.insecure,
         "Serve other machines without TLS. Without --require-tokens, whoever reaches the ports "
         "may do everything; with it, whoever listens on the way can read the tokens")
      ->envname("ASSAY_INSECURE")
      ->group(kGroup);
  app.add_option("--create-admin-token", options.create_admin_token,
                 "Make a token with the role admin for a user of this name, print it, and end")
      ->type_name("USER")
      ->group(kGroup);
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
  app.add_option("--http-listen,--metrics-listen", options.http_listen,
                 "HOST:PORT to serve HTTP at: metrics for Prometheus (/metrics), the web page (/) "
                 "and its interface (/api/v1); port 0: any free one; default: none");
  app.add_option("--http-address-file", options.http_address_file,
                 "File to write HOST:PORT of that to, as soon as it is served at");
  app.add_option("--lease-seconds", options.lease_seconds,
                 "Time after which a silent worker's work is given to another")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app.add_option("--database-wait-seconds", options.database_wait_seconds,
                 "Time to wait for the database at the start")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  AddSecurityOptions(app, options);
  app.add_flag("--migrate-only", options.migrate_only,
               "Bring the database's schema up to date, and end");
  AddLogOptions(app, &options.log);
  AddTracingOptions(app, &options.otlp_endpoint);
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
    SPDLOG_INFO("stopping: {}", strsignal(signal));
  }

 private:
  sigset_t signals_;
};

// What is counted, from the first lease on.
struct Monitoring {
  Monitoring(Database* database, std::unique_ptr<MetricsServer> metrics)
      : queue(database),
        server(std::move(metrics)),
        leases(&server->registry()),
        rpcs(&server->registry()),
        statements(&server->registry()) {
    server->Add(std::make_shared<QueueMetrics>(&queue, Clock::Real()));
    server->Add(std::make_shared<ConnectionMetrics>(database));
  }
  QueueStore queue;
  std::unique_ptr<MetricsServer> server;
  LeaseMetrics leases;
  RpcMetrics rpcs;
  DatabaseMetrics statements;
};

// What no RPC can give: a token for who has none yet. Whoever reaches the database may have it.
absl::Status CreateAdminToken(Database* database, const std::string& user) {
  TokenStore tokens(database);
  ASSAY_ASSIGN_OR_RETURN(
      const std::string token,
      CreateToken(tokens,
                  {.name = absl::StrCat(user, "-admin-", absl::ToUnixSeconds(Clock::Real()->Now())),
                   .user = user,
                   .roles = {Role::kAdmin},
                   .created_by = "assay-coordinator"}));
  std::cout << token << std::endl;
  return absl::OkStatus();
}

absl::Status Serve(Options options, const StopSignals& signals) {
  Database database(options.database, kDatabaseConnections);
  ASSAY_RETURN_IF_ERROR(database.WaitUntilReachable(
      absl::Seconds(options.database_wait_seconds),
      [&signals](absl::Duration duration) { return signals.Sleep(duration); }));
  ASSAY_ASSIGN_OR_RETURN(const int migrations, Migrate(database, EmbeddedMigrations()));
  if (migrations > 0) SPDLOG_INFO("applied {} migrations to the database", migrations);
  if (options.migrate_only) return absl::OkStatus();
  if (!options.create_admin_token.empty()) {
    return CreateAdminToken(&database, options.create_admin_token);
  }
  const std::unique_ptr<OtlpExporter> spans =
      StartTracing(options.otlp_endpoint, "assay-coordinator", "");
  std::optional<Monitoring> monitoring;
  if (!options.http_listen.empty()) {
    HttpServerOptions http;
    http.listen = options.http_listen;
    http.tls = options.server.tls;
    http.insecure = options.server.insecure;
    http.ordinary = kWebRequestsAtOnce;
    ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<MetricsServer> metrics,
                           MetricsServer::Start(http, kVersion, ""));
    SPDLOG_INFO("metrics are served at {}/metrics", metrics->url());
    monitoring.emplace(&database, std::move(metrics));
    options.server.lease_observer = &monitoring->leases;
    options.server.rpc_observer = &monitoring->rpcs;
    database.Observe(&monitoring->statements);
  }
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<CoordinatorServer> server,
                         CoordinatorServer::Start(&database, options.server));
  std::optional<WebServer> web;
  if (monitoring.has_value()) {
    HttpServer& http = monitoring->server->http();
    web.emplace(
        &http,
        ApiServices{server->evaluation(), server->browse(), server->rating(), server->admin()},
        ApiAccess{server->authorizer(), server->audit()}, WebPageFiles());
    SPDLOG_INFO("the web page is served at {}/", http.url());
    if (!options.http_address_file.empty()) {
      ASSAY_RETURN_IF_ERROR(WriteFile(options.http_address_file, http.address()));
    }
  }
  SPDLOG_INFO("assay-coordinator {} serves at {}", kVersion, server->address());
  if (!options.address_file.empty()) {
    ASSAY_RETURN_IF_ERROR(WriteFile(options.address_file, server->address()));
  }
  signals.Wait();
  web.reset();
  server->Stop();
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
#ifdef NDEBUG
  // Debian's Abseil looks for deadlocks at every lock unless it is told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  Options options;
  CLI::App app(
      "Assay's coordinator: plans jobs, leases their work to workers and stores what comes back.");
  AddOptions(app, options);
  CLI11_PARSE(app, argc, argv);
  StartLogging("assay-coordinator", options.log);
  options.server.lease_time = absl::Seconds(options.lease_seconds);
  const StopSignals signals;
  const absl::Status status = Serve(options, signals);
  if (absl::IsCancelled(status)) return 0;  // asked to stop before it served
  if (!status.ok()) {
    SPDLOG_ERROR("{}", std::string(status.message()));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
