#include "client/commands/app.h"

#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/commands/context.h"
#include "common/base/version.h"
#include "common/rpc/channel.h"
#include "common/rpc/connection_options.h"

namespace assay {
namespace {

constexpr char kDescription[] =
    "Evaluates language models: data sets and models in, jobs out to the workers, scores back.\n"
    "`assay up` starts the whole service on this machine.";

constexpr char kFooter[] =
    "Exit codes:\n"
    "  0    success\n"
    "  1    the job failed, was cancelled or has items stored as an error; or another failure\n"
    "  2    the command line or its input is wrong\n"
    "  3    the coordinator, or its database, cannot be reached\n"
    "  4    what the command names does not exist\n"
    "  130  interrupted; a job that was watched goes on\n"
    "\n"
    "`assay COMMAND --help` tells a command's options.";

std::string CheckAddresses(const std::string& addresses) {
  for (const std::string& address : std::vector<std::string>(absl::StrSplit(addresses, ','))) {
    const size_t colon = address.rfind(':');
    int port = 0;
    if (colon == std::string::npos || colon == 0 ||
        !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 1 || port > 65535) {
      return absl::StrCat("\"", address, "\" is not HOST:PORT, for example 127.0.0.1:7420");
    }
  }
  return "";
}

// CLI11 only says that a command is missing where there is a word that is none; this says which.
// Empty when there is no such word.
std::string UnknownCommand(CLI::App& app) {
  const std::vector<std::string> words = app.remaining(/*recurse=*/true);
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
  const std::vector<const CLI::App*> choices =
      command->get_subcommands([](const CLI::App*) { return true; });
  if (words.empty() || choices.empty()) return "";
  return absl::StrCat("unknown command \"", words.front(), "\"; there are: ",
                      absl::StrJoin(choices, ", ", [](std::string* list, const CLI::App* choice) {
                        absl::StrAppend(list, choice->get_name());
                      }));
}

// Commands that end their help in words of their own tell the exit codes as well.
void TellExitCodes(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_footer() != kFooter) {
      command->footer(absl::StrCat(command->get_footer(), "\n\n", kFooter));
    }
    TellExitCodes(*command);
  }
}

}  // namespace

int RunApp(int argc, const char* const* argv, const Console& console, Clock* clock) {
  CommandContext context;
  context.console = &console;
  context.clock = clock;

  CLI::App app(kDescription, "assay");
  app.footer(kFooter);
  app.set_version_flag("--version", absl::StrCat("assay ", kVersion));
  app.require_subcommand(1);
  app.fallthrough();  // --coordinator may follow the command
  app.add_option("--coordinator", context.coordinator,
                 "The service's address; or those of its coordinators, with commas between them")
      ->envname("ASSAY_COORDINATOR")
      ->type_name("HOST:PORT")
      ->capture_default_str()
      ->check(CheckAddresses);
  AddConnectionOptions(app, &context.connection);
  AddUpCommand(app, context);
  AddDatasetCommands(app, context);
  AddModelCommands(app, context);
  AddBenchmarkCommands(app, context);
  AddEvalCommand(app, context);
  AddJudgeCommand(app, context);
  AddSweepCommand(app, context);
  AddEstimateCommand(app, context);
  AddJobCommands(app, context);
  AddJobGroup(app, context);
  AddResultsCommand(app, context);
  AddCompareCommand(app, context);
  AddAgreementCommand(app, context);
  AddRatingsCommands(app, context);
  AddLeaderboardCommand(app, context);
  AddReportCommand(app, context);
  AddBaselineCommands(app, context);
  AddPredictionsCommand(app, context);
  AddRescoreCommand(app, context);
  AddExportCommand(app, context);
  AddImportCommand(app, context);
  AddWorkersCommand(app, context);
  AddAdminCommands(app, context);
  AddLimitCommands(app, context);
  AddPriorityCommand(app, context);
  AddDoctorCommand(app, context);
  AddHealthCommand(app, context);
  AddCompletionCommand(app, context);
  AddReferenceCommand(app, context);
  TellExitCodes(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    if (const std::string unknown = UnknownCommand(app); !unknown.empty()) {
      return Fail(console, absl::InvalidArgumentError(unknown));
    }
    app.exit(error, *console.out, *console.err);
    return kExitUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error, *console.out, *console.err) == 0 ? kExitOk : kExitUsage;
  }
  const absl::StatusOr<ClientSecurity> security =
      MakeClientSecurity(context.connection, context.coordinator);
  if (!security.ok()) return Fail(console, security.status());
  UseSecurity(*security);
  return context.action();
}

}  // namespace assay
