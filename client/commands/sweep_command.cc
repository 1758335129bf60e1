#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/names.h"
#include "client/commands/sweep_plan.h"
#include "client/process/interrupt.h"
#include "client/sweep/sweep.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

struct SweepOptions {
  std::string file;
  Sweep sweep;
  bool again = false;
  bool dry_run = false;
  bool detach = false;
  std::shared_ptr<OutputFormat> format;
};

// The file's lists, each replaced by that of the command line where there is one.
absl::StatusOr<Sweep> ReadOptions(const SweepOptions& options) {
  Sweep sweep;
  if (!options.file.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(options.file));
    ASSAY_ASSIGN_OR_RETURN(sweep, ReadSweep(options.file, file.bytes()));
  }
  const auto replace = [](const auto& from, auto& to) {
    if (!from.empty()) to = from;
  };
  replace(options.sweep.models, sweep.models);
  replace(options.sweep.benchmarks, sweep.benchmarks);
  replace(options.sweep.protocols, sweep.protocols);
  replace(options.sweep.shots, sweep.shots);
  replace(options.sweep.templates, sweep.templates);
  replace(options.sweep.precisions, sweep.precisions);
  if (options.sweep.limit > 0) sweep.limit = options.sweep.limit;
  if (sweep.models.empty() || sweep.benchmarks.empty()) {
    return absl::InvalidArgumentError(
        "name models and benchmarks: assay sweep --model M,... --benchmark B,..., or a file");
  }
  return sweep;
}

absl::StatusOr<v1::SweepRequest> ToRequest(const CommandContext& context, Service& service,
                                           const SweepOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(const Sweep sweep, ReadOptions(options));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListBenchmarksResponse benchmarks,
      service.Call(&v1::EvaluationService::Stub::ListBenchmarks, v1::ListBenchmarksRequest()));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListDatasetsResponse datasets,
      service.Call(&v1::EvaluationService::Stub::ListDatasets, v1::ListDatasetsRequest()));
  ASSAY_ASSIGN_OR_RETURN(ExpandedSweep expanded, Expand(sweep, benchmarks, datasets));
  for (const std::string& reason : expanded.left_out) {
    *context.console->err << "left out: " << reason << "\n";
  }
  expanded.request.set_again(options.again);
  return expanded.request;
}

int RunSweep(const CommandContext& context, const SweepOptions& options) {
  const Console& console = *context.console;
  Service service = context.Connect();
  const absl::StatusOr<v1::SweepRequest> request = ToRequest(context, service, options);
  if (!request.ok()) return Fail(console, request.status());
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
  auto options = std::make_shared<SweepOptions>();
  command
      ->add_option("file", options->file,
                   "YAML with lists: models, benchmarks, shots, templates, protocols, precisions; "
                   "and limit. Options below replace the file's")
      ->type_name("FILE");
  const auto list = [command](const std::string& name, auto& values, const std::string& about) {
    return command->add_option(name, values, about)->delimiter(',')->expected(1, 1000);
  };
  list("--model", options->sweep.models, "Models")->type_name("M,...");
  list("--benchmark", options->sweep.benchmarks, "Data sets")->type_name("B,...");
  list("--protocol", options->sweep.protocols,
       "Protocols (default: each benchmark's first); benchmarks that lack one are left out of it")
      ->type_name("P,...");
  list("--shots", options->sweep.shots, "Numbers of few-shot examples (default: the protocol's)")
      ->type_name("K,...")
      ->check(CLI::Range(0, 1000));
  list("--template", options->sweep.templates, "Prompt templates: none, chat, alpaca")
      ->type_name("T,...");
  list("--precision", options->sweep.precisions,
       "float32, bfloat16 (default), float16, int8, llm-int8")
      ->type_name("P,...");
  command
      ->add_option("--limit", options->sweep.limit, "At most so many items of each subject or task")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--again", options->again, "Also what is completed or under way already");
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
