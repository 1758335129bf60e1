// A job's scores.
#ifndef ASSAY_CLIENT_COMMANDS_RESULTS_H_
#define ASSAY_CLIENT_COMMANDS_RESULTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "client/commands/context.h"

namespace assay {

// What a table shows beside a run's overall score.
enum class Detail { kOverall, kCategories, kGroups };

struct ResultsOptions {
  int64_t job_id = 0;
  int64_t second_job_id = 0;  // not 0: its runs follow those of the first
  OutputFormat format = OutputFormat::kTable;
  Detail detail = Detail::kCategories;  // json and csv always have everything
  std::vector<int64_t> ks;              // pass@k of these, beside those that are always shown
  bool manifest = false;  // instead of scores: all that is needed to reproduce the runs, as JSON
};

absl::Status ShowResults(const CommandContext& context, Service& service,
                         const ResultsOptions& options);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_RESULTS_H_
