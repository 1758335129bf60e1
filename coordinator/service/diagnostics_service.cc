#include "coordinator/service/diagnostics_service.h"

#include <unistd.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/rpc/convert.h"
#include "common/rpc/timestamp.h"
#include "coordinator/store/migrator.h"

namespace assay {
namespace {

std::string Hostname() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

void Fill(const ArchiverState& state, v1::ArchiverDiagnostics* proto) {
  proto->set_archived(state.archived);
  proto->set_failed(state.failed);
  if (state.last_archived != absl::InfinitePast()) {
    SetTimestamp(state.last_archived, proto->mutable_last_archived());
  }
  if (state.last_failed != absl::InfinitePast()) {
    SetTimestamp(state.last_failed, proto->mutable_last_failed());
  }
}

void Fill(const DatabaseState& state, v1::DatabaseDiagnostics* proto) {
  proto->set_server_version_number(state.version_number);
  proto->set_server_version(state.version);
  SetTimestamp(state.clock, proto->mutable_clock());
  SetTimestamp(state.own_clock, proto->mutable_coordinator_clock());
  proto->set_round_trip_seconds(absl::ToDoubleSeconds(state.round_trip));
  proto->set_schema_version(state.schema_version);
  proto->set_read_only(state.read_only);
  proto->set_size_bytes(state.size_bytes);
  proto->set_connections(state.connections);
  proto->set_transaction_age(state.transaction_age);
  for (const auto& [name, value] : state.settings) (*proto->mutable_settings())[name] = value;
  if (state.archiver.has_value()) Fill(*state.archiver, proto->mutable_archiver());
}

}  // namespace

DiagnosticsServiceImpl::DiagnosticsServiceImpl(Database* database, WorkerStore* workers,
                                               Clock* clock)
    : diagnostics_(database, clock),
      queue_(database),
      workers_(workers),
      connections_(database->most_connections()),
      clock_(clock) {}

absl::Status DiagnosticsServiceImpl::ReadDatabase(v1::DatabaseDiagnostics* proto) {
  ASSAY_ASSIGN_OR_RETURN(const DatabaseState state, diagnostics_.Read());
  ASSAY_ASSIGN_OR_RETURN(const QueueState queue, queue_.Read());
  ASSAY_ASSIGN_OR_RETURN(const std::vector<StoredWorker> workers, workers_->List());
  Fill(state, proto);
  proto->set_overdue_leases(queue.overdue_leases);
  proto->set_pending_shards(queue.pending_shards);
  for (const StoredWorker& stored : workers) {
    v1::DatabaseWorker& worker = *proto->add_workers();
    *worker.mutable_worker() = ToProto(stored.worker);
    worker.set_connected(stored.connected);
  }
  return absl::OkStatus();
}

grpc::Status DiagnosticsServiceImpl::GetDiagnostics(grpc::ServerContext* context,
                                                    const v1::GetDiagnosticsRequest* request,
                                                    v1::GetDiagnosticsResponse* response) {
  v1::CoordinatorDiagnostics& coordinator = *response->mutable_coordinator();
  coordinator.set_version(kVersion);
  coordinator.set_hostname(Hostname());
  coordinator.set_database_connections(connections_);
  coordinator.set_schema_version(EmbeddedMigrations().back().version);
  v1::DatabaseDiagnostics database;
  if (absl::Status status = ReadDatabase(&database); status.ok()) {
    *response->mutable_database() = std::move(database);
  } else {
    response->set_database_error(std::string(status.message()));
  }
  SetTimestamp(clock_->Now(), coordinator.mutable_clock());
  return grpc::Status::OK;
}

}  // namespace assay
