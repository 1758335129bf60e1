#include "coordinator/service/schedule_service.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "coordinator/service/job_access.h"
#include "coordinator/service/submission_key.h"

namespace assay {

grpc::Status ScheduleServiceImpl::SetPriority(grpc::ServerContext* context,
                                              const v1::SetPriorityRequest* request,
                                              v1::SetPriorityResponse*) {
  return ToGrpcStatus(Set(*context, *request));
}

absl::Status ScheduleServiceImpl::Set(const grpc::ServerContext& context,
                                      const v1::SetPriorityRequest& request) {
  if (std::abs(int64_t{request.priority()}) > kMostPriority) {
    return absl::InvalidArgumentError(
        absl::StrCat("priority: must be between -", kMostPriority, " and ", kMostPriority));
  }
  ASSAY_RETURN_IF_ERROR(CheckControl(context, jobs_, request.job_id()));
  ASSAY_RETURN_IF_ERROR(control_.SetPriority(request.job_id(), request.priority()));
  pending_->Notify();
  return absl::OkStatus();
}

}  // namespace assay
