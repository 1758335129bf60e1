// The options that say what a sweep is made of.
#ifndef ASSAY_CLIENT_COMMANDS_SWEEP_OPTIONS_H_
#define ASSAY_CLIENT_COMMANDS_SWEEP_OPTIONS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "assay/v1/evaluation_service.pb.h"
#include "client/commands/context.h"
#include "client/sweep/sweep.h"

namespace assay {

struct SweepOptions {
  std::string file;
  Sweep sweep;
  bool again = false;
  bool no_reuse = false;
};

// Adds the file, the lists, --limit, --again and --no-reuse; the values are valid once the command
// line is read.
std::shared_ptr<SweepOptions> AddSweepOptions(CLI::App* command);

// Adds --no-reuse, of all commands that submit jobs.
void AddReuseOption(CLI::App* command, bool* no_reuse);

// The file's lists, each replaced by that of the command line where there is one; expanded. What is
// left out is told.
absl::StatusOr<v1::SweepRequest> ToRequest(const CommandContext& context, Service& service,
                                           const SweepOptions& options);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_SWEEP_OPTIONS_H_
