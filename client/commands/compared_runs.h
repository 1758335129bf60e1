// The runs that a command line names for comparisons.
#ifndef ASSAY_CLIENT_COMMANDS_COMPARED_RUNS_H_
#define ASSAY_CLIENT_COMMANDS_COMPARED_RUNS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "assay/v1/evaluation_service.pb.h"
#include "client/commands/service.h"
#include "common/rpc/compared_runs.h"

namespace assay {

// What the command line names: "7" is job 7 with all its runs, "run:11" is run 11. In their order,
// only those of `benchmark` (or of a data set of that name) unless it is empty. InvalidArgument for
// anything else, and for a run that is named twice.
absl::StatusOr<std::vector<v1::GetRunScoresResponse>> FetchRuns(Service& service,
                                                                absl::Span<const std::string> names,
                                                                const std::string& benchmark);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_COMPARED_RUNS_H_
