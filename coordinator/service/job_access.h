// Whose jobs a caller may change.
#ifndef ASSAY_COORDINATOR_SERVICE_JOB_ACCESS_H_
#define ASSAY_COORDINATOR_SERVICE_JOB_ACCESS_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>

#include "absl/status/status.h"
#include "coordinator/store/job_store.h"

namespace assay {

// PermissionDenied unless the job is the caller's own or the caller is an administrator; without
// tokens everybody is. NotFound for no such job. For every call that stops a job, lets it go on or
// moves it in the queue, beside the role that its method asks for.
absl::Status CheckControl(const grpc::ServerContext& context, JobStore& jobs, int64_t job_id);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_JOB_ACCESS_H_
