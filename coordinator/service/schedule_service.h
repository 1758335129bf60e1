// How users share the workers: their weights and limits, and the priorities of jobs.
#ifndef ASSAY_COORDINATOR_SERVICE_SCHEDULE_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_SCHEDULE_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "assay/v1/schedule_service.grpc.pb.h"
#include "coordinator/lease/work_signal.h"
#include "coordinator/store/share_store.h"

namespace assay {

// Thread-safe. `pending` outlives it, and is told of every change.
class ScheduleServiceImpl final : public v1::ScheduleService::Service {
 public:
  ScheduleServiceImpl(Database* database, WorkSignal* pending)
      : shares_(database), pending_(pending) {}

  grpc::Status ListShares(grpc::ServerContext* context, const v1::ListSharesRequest* request,
                          v1::ListSharesResponse* response) override;
  grpc::Status SetShare(grpc::ServerContext* context, const v1::SetShareRequest* request,
                        v1::SetShareResponse* response) override;
  grpc::Status RemoveShare(grpc::ServerContext* context, const v1::RemoveShareRequest* request,
                           v1::RemoveShareResponse* response) override;
  grpc::Status SetPriority(grpc::ServerContext* context, const v1::SetPriorityRequest* request,
                           v1::SetPriorityResponse* response) override;

 private:
  // Of something that was changed.
  grpc::Status Answer(const absl::Status& status);

  ShareStore shares_;
  WorkSignal* const pending_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_SCHEDULE_SERVICE_H_
