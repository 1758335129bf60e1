// The priorities of jobs.
#ifndef ASSAY_COORDINATOR_SERVICE_SCHEDULE_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_SCHEDULE_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "assay/v1/schedule_service.grpc.pb.h"
#include "coordinator/lease/work_signal.h"
#include "coordinator/store/job_control.h"
#include "coordinator/store/job_store.h"

namespace assay {

// Thread-safe. `pending` outlives it, and is told of every change.
class ScheduleServiceImpl final : public v1::ScheduleService::Service {
 public:
  ScheduleServiceImpl(Database* database, WorkSignal* pending)
      : jobs_(database), control_(database), pending_(pending) {}

  grpc::Status SetPriority(grpc::ServerContext* context, const v1::SetPriorityRequest* request,
                           v1::SetPriorityResponse* response) override;

 private:
  absl::Status Set(const grpc::ServerContext& context, const v1::SetPriorityRequest& request);

  JobStore jobs_;
  JobControl control_;
  WorkSignal* const pending_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_SCHEDULE_SERVICE_H_
