// What `assay job delete`, `archive` and `restore` do.
#ifndef ASSAY_CLIENT_COMMANDS_JOB_RETENTION_H_
#define ASSAY_CLIENT_COMMANDS_JOB_RETENTION_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "client/commands/context.h"

namespace assay {

// Shows what the job has, and deletes it for good if `confirm` says so; null: only shows it.
absl::Status DeleteJob(const CommandContext& context, int64_t job_id,
                       const std::function<absl::StatusOr<bool>()>& confirm);
// Writes all rows of the job into the new folder `output`, reads them again, and only then deletes
// the job. Where `output` is such an archive already, an earlier call did not come to its end: the
// rest is done.
absl::Status ArchiveJob(const CommandContext& context, int64_t job_id, const std::string& output);
// Brings the job of an archive back as it was.
absl::Status RestoreJob(const CommandContext& context, const std::string& folder);
// Lists the jobs that were deleted or archived.
absl::Status ListDeletedJobs(const CommandContext& context, int limit, OutputFormat format);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_JOB_RETENTION_H_
