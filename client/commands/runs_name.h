// How the command line names runs.
#ifndef ASSAY_CLIENT_COMMANDS_RUNS_NAME_H_
#define ASSAY_CLIENT_COMMANDS_RUNS_NAME_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// "7" is job 7, "run:11" is run 11; the other number is 0.
struct RunsName {
  int64_t job_id = 0;
  int64_t run_id = 0;
};
absl::StatusOr<RunsName> ParseRunsName(absl::string_view name);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_RUNS_NAME_H_
