// What every command is given, and what they share.
#ifndef ASSAY_CLIENT_COMMANDS_CONTEXT_H_
#define ASSAY_CLIENT_COMMANDS_CONTEXT_H_

#include <functional>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "client/commands/exit_code.h"
#include "client/commands/service.h"
#include "client/output/console.h"
#include "client/output/record_writer.h"
#include "common/base/clock.h"
#include "common/rpc/client_security.h"

namespace assay {

struct CommandContext {
  const Console* console = nullptr;
  Clock* clock = nullptr;
  std::string coordinator = "127.0.0.1:7420";  // as the command line says
  ConnectionOptions connection;
  // How a command that changes something tells what it did: outcome.h.
  OutputFormat outcome = OutputFormat::kTable;
  // Set by the chosen command when the command line is read: carries it out and returns the exit
  // code.
  std::function<int()> action;

  Service Connect() const { return Service(coordinator); }
};

// Tells the error, and returns the exit code for it.
int Fail(const Console& console, const absl::Status& status);
// kExitOk, or as Fail.
int ExitCodeOf(const Console& console, const absl::Status& status);

// Adds --format; the value is valid once the command line is read.
std::shared_ptr<OutputFormat> AddFormatOption(CLI::App* command);

// A command's function puts it below `parent`.
void AddUpCommand(CLI::App& parent, CommandContext& context);
void AddDatasetCommands(CLI::App& parent, CommandContext& context);
void AddModelCommands(CLI::App& parent, CommandContext& context);
// Below `assay model`.
void AddModelAddCommand(CLI::App& model, CommandContext& context);
void AddModelListCommand(CLI::App& model, CommandContext& context);
void AddModelShowCommand(CLI::App& model, CommandContext& context);
void AddModelFactsCommands(CLI::App& model, CommandContext& context);
void AddBenchmarkCommands(CLI::App& parent, CommandContext& context);
void AddEvalCommand(CLI::App& parent, CommandContext& context);
void AddSweepCommand(CLI::App& parent, CommandContext& context);
void AddEstimateCommand(CLI::App& parent, CommandContext& context);
void AddJobCommands(CLI::App& parent,
                    CommandContext& context);                 // jobs, watch, cancel, pause, resume
void AddJobGroup(CLI::App& parent, CommandContext& context);  // job delete, archive, restore, ...
void AddResultsCommand(CLI::App& parent, CommandContext& context);
void AddCompareCommand(CLI::App& parent, CommandContext& context);
void AddJudgeCommand(CLI::App& parent, CommandContext& context);
void AddAgreementCommand(CLI::App& parent, CommandContext& context);
void AddRatingsCommands(CLI::App& parent, CommandContext& context);
void AddLeaderboardCommand(CLI::App& parent, CommandContext& context);
void AddReportCommand(CLI::App& parent, CommandContext& context);
void AddBaselineCommands(CLI::App& parent, CommandContext& context);
void AddPredictionsCommand(CLI::App& parent, CommandContext& context);
void AddRescoreCommand(CLI::App& parent, CommandContext& context);
void AddExportCommand(CLI::App& parent, CommandContext& context);
void AddImportCommand(CLI::App& parent, CommandContext& context);
void AddAdminCommands(CLI::App& parent, CommandContext& context);  // token, audit
void AddWorkersCommand(CLI::App& parent, CommandContext& context);
void AddLimitCommands(CLI::App& parent, CommandContext& context);
void AddPriorityCommand(CLI::App& parent, CommandContext& context);
void AddDoctorCommand(CLI::App& parent, CommandContext& context);
void AddHealthCommand(CLI::App& parent, CommandContext& context);
void AddCompletionCommand(CLI::App& parent, CommandContext& context);
void AddReferenceCommand(CLI::App& parent, CommandContext& context);

}  // namespace assay

#endif  // ASSAY_CLIENT_COMMANDS_CONTEXT_H_
