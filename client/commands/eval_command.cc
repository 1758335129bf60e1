#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/commands/asking_options.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/job_plan.h"
#include "client/commands/judging_options.h"
#include "client/commands/sweep_options.h"
#include "client/process/interrupt.h"
#include "common/base/status_macros.h"
#include "common/domain/run.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

struct EvalOptions {
  std::vector<std::string> models;
  std::vector<std::string> benchmarks;
  std::string protocol;
  std::string precision = "bfloat16";
  std::optional<int> shots;
  int64_t limit = 0;
  int shard_items = 0;
  int priority = 0;
  bool no_reuse = false;
  std::shared_ptr<AskingOptions> asking;
  std::shared_ptr<JudgingOptions> judging;
  std::string judge_template = "chat";
  bool dry_run = false;
  bool detach = false;
  std::shared_ptr<OutputFormat> format;
};

absl::StatusOr<v1::SubmitJobRequest> ToRequest(const EvalOptions& options) {
  v1::SubmitJobRequest request;
  for (const std::string& model : options.models) request.add_models(model);
  for (const std::string& benchmark : options.benchmarks) request.add_benchmarks(benchmark);
  v1::RunSettings& settings = *request.mutable_settings();
  settings.set_protocol(options.protocol);
  if (options.shots.has_value()) settings.set_shots(*options.shots);
  ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(options.precision));
  settings.set_precision(ToProto(precision));
  settings.set_limit(options.limit);
  ASSAY_RETURN_IF_ERROR(options.asking->AddTo(settings));
  request.set_shard_items(options.shard_items);
  request.set_priority(options.priority);
  request.set_no_reuse(options.no_reuse);
  if (!options.judging->judges.empty()) {
    ASSAY_RETURN_IF_ERROR(options.judging->AddTo(*request.mutable_judges()));
    AskingOptions asking;
    asking.prompt_template = options.judge_template;
    v1::RunSettings& judging = *request.mutable_judges()->mutable_settings();
    judging.set_precision(settings.precision());
    request.mutable_judges()->set_no_reuse(options.no_reuse);
    ASSAY_RETURN_IF_ERROR(asking.AddTo(judging));
  }
  return request;
}

absl::Status DryRun(const CommandContext& context, const EvalOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(const v1::SubmitJobRequest request, ToRequest(options));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::PlanJobResponse plan,
                         service.Call(&v1::EvaluationService::Stub::PlanJob, request));
  WritePlan(plan, *options.format, *context.console);
  return absl::OkStatus();
}

int Evaluate(const CommandContext& context, const EvalOptions& options) {
  const Console& console = *context.console;
  const absl::StatusOr<v1::SubmitJobRequest> request = ToRequest(options);
  if (!request.ok()) return Fail(console, request.status());
  Service service = context.Connect();
  StopFlag stop;
  // Before the job exists: a Ctrl-C from here on still tells its number.
  const Interrupt interrupt([&stop] { stop.Set(); });
  const absl::StatusOr<v1::SubmitJobResponse> submitted =
      service.Submit(&v1::EvaluationService::Stub::SubmitJob, *request);
  if (!submitted.ok()) return Fail(console, submitted.status());
  return FollowSubmitted(context, service, submitted->job_id(), options.detach, stop,
                         *options.format);
}

}  // namespace

void AddEvalCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("eval",
                                            "Evaluate models on benchmarks and show the progress "
                                            "(tokens/s: those that were computed, not "
                                            "those found in the prefix cache)");
  auto options = std::make_shared<EvalOptions>();
  command->add_option("--model", options->models, "Models, M or M1,M2,...")
      ->required()
      ->delimiter(',')
      ->type_name("M")
      ->expected(1, 1000);
  command
      ->add_option("--benchmark", options->benchmarks,
                   "Data sets, by the benchmark's name or what an import was called")
      ->required()
      ->delimiter(',')
      ->type_name("B")
      ->expected(1, 1000);
  command
      ->add_option("--protocol", options->protocol,
                   "How to run them (default: each benchmark's first; `assay benchmark list`)")
      ->type_name("P");
  command->add_option("--shots", options->shots, "Few-shot examples (default: the protocol's)")
      ->type_name("K")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--limit", options->limit, "At most so many items of each subject or task")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  AddPrecisionOption(command, &options->precision);
  options->asking = AddAskingOptions(command);
  command
      ->add_option("--shard-items", options->shard_items,
                   "Items that a worker takes at once (default: the planner decides)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  AddPriorityOption(command, &options->priority);
  AddReuseOption(command, &options->no_reuse);
  options->judging = AddJudgingOptions(
      command, "judge-",
      "Models that rate the answers as soon as they are there, for benchmarks such as impact; more "
      "settings of judges: `assay judge`");
  AddTemplateOption(command, "--judge-template", "what a judge is shown", &options->judge_template)
      ->needs("--judge");
  CLI::Option* dry_run =
      command->add_flag("--dry-run", options->dry_run,
                        "Only show the items, the estimated tokens and time, and the first prompt");
  command->add_flag("--detach", options->detach, "Submit, print the job's number, do not watch")
      ->excludes(dry_run);
  options->format = AddFormatOption(command);
  command->callback([&context, options] {
    context.action = [&context, options] {
      if (options->dry_run) return ExitCodeOf(*context.console, DryRun(context, *options));
      return Evaluate(context, *options);
    };
  });
}

}  // namespace assay
