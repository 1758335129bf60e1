// The service of `assay doctor`: tells what only a coordinator can see.
#ifndef ASSAY_COORDINATOR_SERVICE_DIAGNOSTICS_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_DIAGNOSTICS_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "assay/v1/diagnostics_service.grpc.pb.h"
#include "common/base/clock.h"
#include "coordinator/store/database.h"
#include "coordinator/store/diagnostics_store.h"
#include "coordinator/store/queue_store.h"
#include "coordinator/store/worker_store.h"

namespace assay {

// Thread-safe. What it stands on outlives it.
class DiagnosticsServiceImpl final : public v1::DiagnosticsService::Service {
 public:
  DiagnosticsServiceImpl(Database* database, WorkerStore* workers, Clock* clock);

  grpc::Status GetDiagnostics(grpc::ServerContext* context,
                              const v1::GetDiagnosticsRequest* request,
                              v1::GetDiagnosticsResponse* response) override;

 private:
  absl::Status ReadDatabase(v1::DatabaseDiagnostics* proto);

  DiagnosticsStore diagnostics_;
  QueueStore queue_;
  WorkerStore* const workers_;
  const int connections_;
  Clock* const clock_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_DIAGNOSTICS_SERVICE_H_
