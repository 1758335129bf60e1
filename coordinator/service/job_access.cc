#include "coordinator/service/job_access.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/service/caller.h"

namespace assay {

absl::Status CheckControl(const grpc::ServerContext& context, JobStore& jobs, int64_t job_id) {
  ASSAY_ASSIGN_OR_RETURN(const Principal caller, CallerOf(context));
  if (caller.roles.Has(Role::kAdmin)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(const JobProgress job, jobs.Get(job_id));
  if (job.owner == caller.user) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("job ", job_id, " is not ", caller.user,
                                                  "'s: its owner or an administrator may"));
}

}  // namespace assay
