#include "coordinator/service/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "coordinator/service/rpc_tracing.h"
#include "coordinator/service/server_credentials.h"

namespace assay {
namespace {

constexpr size_t kCacheBytes = size_t{256} << 20;
constexpr auto kGraceAtStop = std::chrono::milliseconds(500);
constexpr absl::Duration kHandOverTime = absl::Seconds(2);

}  // namespace

CoordinatorServer::CoordinatorServer(Database* database, const ServerOptions& options)
    : datasets_(database),
      models_(database),
      jobs_(database),
      control_(database),
      archive_(database),
      judge_orders_(database),
      shards_(database),
      predictions_(database),
      scores_(database),
      workers_(database),
      benchmarks_(database),
      catalog_(&benchmarks_),
      cache_(&datasets_, kCacheBytes),
      answers_(database),
      lookup_(database),
      work_(database),
      recorder_(&work_),
      reuse_store_(database),
      reuse_(&reuse_store_, Clock::Real()),
      planner_(&datasets_, &models_, &jobs_, &workers_, &catalog_, &cache_, &answers_, &work_),
      leases_(&shards_, &catalog_, &cache_, &answers_, options.lease_time, Clock::Real(),
              options.lease_observer, LeaseSchedulerOptions(), &reuse_),
      leaderboard_(database, &datasets_, &models_, &catalog_),
      exchange_(database, &catalog_, &cache_, Clock::Real()),
      evaluation_({&planner_, &datasets_, &models_, &jobs_, &control_, &lookup_, &predictions_,
                   &scores_, &workers_, &catalog_, &leaderboard_, &exchange_, &leases_.pending(),
                   &quotas_}),
      browse_({database, &catalog_, &cache_, &answers_, &predictions_, &scores_, &leaderboard_}),
      rating_({database, &planner_, &catalog_, &cache_, &answers_, &scores_}),
      worker_(&leases_, &workers_, &recorder_),
      diagnostics_(database, &workers_, Clock::Real()),
      retention_(&archive_),
      schedule_(database, &leases_.pending()),
      tokens_(database),
      quotas_(database),
      audit_store_(database),
      admin_(&tokens_, &quotas_, &audit_store_, &leases_.pending()),
      authorizer_(&tokens_, Clock::Real(), {.allow_anonymous = AllowsAnonymous(options)}),
      audit_(&audit_store_),
      security_(&authorizer_, &audit_),
      reaper_(&leases_),
      judge_starter_(&judge_orders_, &planner_, [this] { leases_.pending().Notify(); }) {}

CoordinatorServer::~CoordinatorServer() { Stop(); }

absl::StatusOr<std::unique_ptr<CoordinatorServer>> CoordinatorServer::Start(
    Database* database, const ServerOptions& options) {
  std::unique_ptr<CoordinatorServer> server(new CoordinatorServer(database, options));
  ASSAY_RETURN_IF_ERROR(server->Listen(options));
  return server;
}

absl::Status CoordinatorServer::Listen(const ServerOptions& options) {
  const std::string& address = options.listen;
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot listen on \"", address, "\": write it as HOST:PORT"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                         MakePortCredentials(options));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  ConfigureServer(&builder);
  // Two coordinators on one port would share its connections by chance.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  security_.Guard(*credentials);
  RpcSecurity::Interceptors interceptors;
  interceptors.push_back(MakeRpcTracing(options.rpc_observer));
  security_.Observe(builder, std::move(interceptors));
  builder.AddListeningPort(address, credentials, &port);
  builder.RegisterService(&evaluation_);
  builder.RegisterService(&browse_);
  builder.RegisterService(&rating_);
  builder.RegisterService(&worker_);
  builder.RegisterService(&admin_);
  builder.RegisterService(&diagnostics_);
  builder.RegisterService(&retention_);
  builder.RegisterService(&schedule_);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", address, ": the address is not this machine's, or the port is taken"));
  }
  address_ = absl::StrCat(address.substr(0, colon), ":", port);
  return absl::OkStatus();
}

void CoordinatorServer::Stop() {
  judge_starter_.Stop();
  reaper_.Stop();
  evaluation_.Stop();
  if (server_ == nullptr) return;
  // While it still listens: what workers have sent is answered.
  worker_.HandOver(kHandOverTime);
  server_->Shutdown(std::chrono::system_clock::now() + kGraceAtStop);
  server_->Wait();
  recorder_.Stop();
  security_.Stop();
}

}  // namespace assay
