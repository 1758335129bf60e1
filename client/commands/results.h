// A job's scores.
#ifndef ASSAY_CLIENT_COMMANDS_RESULTS_H_
#define ASSAY_CLIENT_COMMANDS_RESULTS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "client/commands/context.h"

namespace assay {

struct ResultsOptions {
  int64_t job_id = 0;
  OutputFormat format = OutputFormat::kTable;
  bool groups = false;    // the table shows each subject or task as well
  bool manifest = false;  // instead of scores: all that is needed to reproduce the runs, as JSON
};

absl::Status ShowResults(const CommandContext& context, Service& service,
                         const ResultsOptions& options);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_RESULTS_H_
