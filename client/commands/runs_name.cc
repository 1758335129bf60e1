#include "client/commands/runs_name.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace assay {

absl::StatusOr<RunsName> ParseRunsName(absl::string_view name) {
  absl::string_view number = name;
  const bool is_run = absl::ConsumePrefix(&number, "run:");
  int64_t id = 0;
  if (!absl::SimpleAtoi(number, &id) || id < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name,
                     "\" is neither a job's number (7) nor a run's (run:11); `assay jobs` has the "
                     "jobs, `assay results JOB --format json` the runs of one"));
  }
  return is_run ? RunsName{0, id} : RunsName{id, 0};
}

}  // namespace assay
