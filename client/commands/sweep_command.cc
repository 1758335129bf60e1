#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/asking_options.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/names.h"
#include "client/commands/sweep_options.h"
#include "client/commands/sweep_plan.h"
#include "client/process/interrupt.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

struct SubmitOptions {
  std::shared_ptr<SweepOptions> sweep;
  int priority = 0;
  bool dry_run = false;
  bool detach = false;
  std::shared_ptr<OutputFormat> format;
};

int RunSweep(const CommandContext& context, const SubmitOptions& options) {
  const Console& console = *context.console;
  Service service = context.Connect();
  absl::StatusOr<v1::SweepRequest> request = ToRequest(context, service, *options.sweep);
  if (!request.ok()) return Fail(console, request.status());
  request->set_priority(options.priority);
  const absl::StatusOr<v1::PlanSweepResponse> plan =
      service.Call(&v1::EvaluationService::Stub::PlanSweep, *request);
  if (!plan.ok()) return Fail(console, plan.status());
  if (options.dry_run) {
    WriteSweepPlan(*plan, *options.format, console);
    return kExitOk;
  }
  // Standard output is for the results.
  Console plan_console = console;
  plan_console.out = console.err;
  WriteSweepPlan(*plan, OutputFormat::kTable, plan_console);

  StopFlag stop;
  const Interrupt interrupt([&stop] { stop.Set(); });
  const absl::StatusOr<v1::SubmitSweepResponse> submitted =
      service.Submit(&v1::EvaluationService::Stub::SubmitSweep, *request);
  if (!submitted.ok()) return Fail(console, submitted.status());
  if (submitted->runs() == 0) {
    *console.err << "nothing is left to be done; --again does it once more\n";
    return kExitOk;
  }
  return FollowSubmitted(context, service, submitted->job_id(), options.detach, stop,
                         *options.format);
}

}  // namespace

void AddSweepCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "sweep",
      "Evaluate every combination of models, benchmarks and settings that was not evaluated yet");
  command->footer(
      "The plan with its cost is shown first. Given again after an interruption, the same sweep "
      "goes on: runs that are\ncompleted or under way are not done twice.");
  auto options = std::make_shared<SubmitOptions>();
  options->sweep = AddSweepOptions(command);
  AddPriorityOption(command, &options->priority);
  CLI::Option* dry_run =
      command->add_flag("--dry-run", options->dry_run, "Only show the plan with its cost");
  command->add_flag("--detach", options->detach, "Submit, print the job's number, do not watch")
      ->excludes(dry_run);
  options->format = AddFormatOption(command);
  command->callback([&context, options] {
    context.action = [&context, options] { return RunSweep(context, *options); };
  });
}

}  // namespace assay
