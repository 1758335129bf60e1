// The coordinator: everything it is made of, in the order in which it stands on each other.
#ifndef ASSAY_COORDINATOR_SERVICE_SERVER_H_
#define ASSAY_COORDINATOR_SERVICE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/tls.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/lease/reaper.h"
#include "coordinator/planner/judge_starter.h"
#include "coordinator/planner/planner.h"
#include "coordinator/planner/work_recorder.h"
#include "coordinator/reuse/reuse_finder.h"
#include "coordinator/security/audit_log.h"
#include "coordinator/security/token_authorizer.h"
#include "coordinator/service/admin_service.h"
#include "coordinator/service/browse_service.h"
#include "coordinator/service/diagnostics_service.h"
#include "coordinator/service/evaluation_service.h"
#include "coordinator/service/leaderboard_rpcs.h"
#include "coordinator/service/rating_service.h"
#include "coordinator/service/retention_service.h"
#include "coordinator/service/rpc_observer.h"
#include "coordinator/service/rpc_security.h"
#include "coordinator/service/schedule_service.h"
#include "coordinator/service/worker_service.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/audit_store.h"
#include "coordinator/store/benchmark_store.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/job_archive.h"
#include "coordinator/store/job_control.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/judge_order_store.h"
#include "coordinator/store/model_store.h"
#include "coordinator/store/prediction_store.h"
#include "coordinator/store/quota_store.h"
#include "coordinator/store/reuse_store.h"
#include "coordinator/store/run_lookup.h"
#include "coordinator/store/run_score_store.h"
#include "coordinator/store/shard_store.h"
#include "coordinator/store/token_store.h"
#include "coordinator/store/work_store.h"
#include "coordinator/store/worker_store.h"

namespace assay {

struct ServerOptions {
  std::string listen = "127.0.0.1:7420";  // port 0: any free one
  absl::Duration lease_time = absl::Seconds(30);
  LeaseObserver* lease_observer = nullptr;  // must outlive the server; may be null
  RpcObserver* rpc_observer = nullptr;      // likewise
  // Who may call (docs/security.md). With a certificate, callers need a token, or a certificate of
  // their own that `tls.ca` has signed. Without, the address must be this machine's alone, or
  // `insecure` be said; then whoever shows nothing may do everything, unless `require_tokens`.
  TlsFiles tls = {};
  bool insecure = false;
  bool require_tokens = false;
};

// Serves from Start until Stop. Holds no state of its own: any number may serve one database.
class CoordinatorServer {
 public:
  // The database, which outlives the server, must have been migrated. It need not be reachable.
  static absl::StatusOr<std::unique_ptr<CoordinatorServer>> Start(Database* database,
                                                                  const ServerOptions& options);
  ~CoordinatorServer();

  // "host:port", the port being the one that was bound.
  const std::string& address() const { return address_; }

  // Of this server's rules and tokens, for what is served beside gRPC; lives as long as the server.
  Authorizer* authorizer() { return &authorizer_; }
  AuditSink* audit() { return &audit_; }

  // The services, for what is served beside gRPC; they live as long as the server.
  EvaluationServiceImpl* evaluation() { return &evaluation_; }
  BrowseServiceImpl* browse() { return &browse_; }
  RatingServiceImpl* rating() { return &rating_; }
  AdminServiceImpl* admin() { return &admin_; }

  // Hands the workers' streams over to other coordinators, for up to two seconds, lets calls that
  // are under way end, for half a second, and cancels the others. Safe to call twice.
  void Stop();

 private:
  CoordinatorServer(Database* database, const ServerOptions& options);
  absl::Status Listen(const ServerOptions& options);

  DatasetStore datasets_;
  ModelStore models_;
  JobStore jobs_;
  JobControl control_;
  JobArchive archive_;
  JudgeOrderStore judge_orders_;
  ShardStore shards_;
  PredictionStore predictions_;
  RunScoreStore scores_;
  WorkerStore workers_;
  BenchmarkStore benchmarks_;
  BenchmarkCatalog catalog_;
  DatasetCache cache_;
  AnswerStore answers_;
  RunLookup lookup_;
  WorkStore work_;
  WorkRecorder recorder_;
  ReuseStore reuse_store_;
  ReuseFinder reuse_;
  Planner planner_;
  LeaseManager leases_;
  LeaderboardRpcs leaderboard_;
  ExchangeRpcs exchange_;
  EvaluationServiceImpl evaluation_;
  BrowseServiceImpl browse_;
  RatingServiceImpl rating_;
  WorkerServiceImpl worker_;
  DiagnosticsServiceImpl diagnostics_;
  RetentionServiceImpl retention_;
  ScheduleServiceImpl schedule_;
  TokenStore tokens_;
  QuotaStore quotas_;
  AuditStore audit_store_;
  AdminServiceImpl admin_;
  TokenAuthorizer authorizer_;
  AuditLog audit_;
  RpcSecurity security_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  Reaper reaper_;
  JudgeStarter judge_starter_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_SERVER_H_
