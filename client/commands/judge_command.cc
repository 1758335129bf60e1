#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "client/commands/asking_options.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/job_plan.h"
#include "client/commands/judging_options.h"
#include "client/commands/runs_name.h"
#include "client/commands/sweep_options.h"
#include "client/process/interrupt.h"
#include "common/base/status_macros.h"
#include "common/benchmark/rubric.h"
#include "common/domain/run.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

struct JudgeOptions {
  std::vector<std::string> answers;
  std::shared_ptr<JudgingOptions> judging;
  std::string precision = "bfloat16";
  int64_t limit = 0;
  int shard_items = 0;
  int priority = 0;
  bool no_reuse = false;
  std::shared_ptr<AskingOptions> asking;
  bool dry_run = false;
  bool detach = false;
  std::string shown_rubric;
  std::shared_ptr<OutputFormat> format;
};

absl::Status AddAnswers(absl::string_view name, v1::JudgeJobRequest& request) {
  ASSAY_ASSIGN_OR_RETURN(const RunsName parsed, ParseRunsName(name));
  parsed.run_id != 0 ? request.add_runs(parsed.run_id) : request.add_jobs(parsed.job_id);
  return absl::OkStatus();
}

absl::StatusOr<v1::JudgeJobRequest> ToRequest(const JudgeOptions& options) {
  v1::JudgeJobRequest request;
  for (const std::string& name : options.answers) {
    ASSAY_RETURN_IF_ERROR(AddAnswers(name, request));
  }
  ASSAY_RETURN_IF_ERROR(options.judging->AddTo(request));
  v1::RunSettings& settings = *request.mutable_settings();
  ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(options.precision));
  settings.set_precision(ToProto(precision));
  settings.set_limit(options.limit);
  ASSAY_RETURN_IF_ERROR(options.asking->AddTo(settings));
  request.set_shard_items(options.shard_items);
  request.set_priority(options.priority);
  request.set_no_reuse(options.no_reuse);
  return request;
}

absl::Status ShowRubric(const JudgeOptions& options, const Console& console) {
  ASSAY_ASSIGN_OR_RETURN(const absl::string_view text, DefaultRubric(options.shown_rubric));
  *console.out << text << std::flush;
  return absl::OkStatus();
}

int Judge(const CommandContext& context, const JudgeOptions& options) {
  const Console& console = *context.console;
  if (!options.shown_rubric.empty()) return ExitCodeOf(console, ShowRubric(options, console));
  if (options.answers.empty() || options.judging->judges.empty()) {
    return Fail(console,
                absl::InvalidArgumentError(
                    "name the answers and a judge: assay judge JOB|run:RUN --judge MODEL"));
  }
  const absl::StatusOr<v1::JudgeJobRequest> request = ToRequest(options);
  if (!request.ok()) return Fail(console, request.status());
  Service service = context.Connect();
  if (options.dry_run) {
    const absl::StatusOr<v1::PlanJobResponse> plan =
        service.Call(&v1::EvaluationService::Stub::PlanJudgeJob, *request);
    if (!plan.ok()) return Fail(console, plan.status());
    WritePlan(*plan, *options.format, console);
    return kExitOk;
  }
  StopFlag stop;
  const Interrupt interrupt([&stop] { stop.Set(); });
  const absl::StatusOr<v1::SubmitJobResponse> submitted =
      service.Submit(&v1::EvaluationService::Stub::SubmitJudgeJob, *request);
  if (!submitted.ok()) return Fail(console, submitted.status());
  return FollowSubmitted(context, service, submitted->job_id(), options.detach, stop,
                         *options.format);
}

}  // namespace

void AddJudgeCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "judge", "Have models rate the answers of completed runs, from 1 to 5 by each criterion");
  command->footer(
      "A rubric is a text with the places {answer} and, where the judge is to see the task, "
      "{prompt}; braces are\nwritten {{ and }}. `assay judge --show-rubric relevance` prints "
      "ours.");
  auto options = std::make_shared<JudgeOptions>();
  command
      ->add_option("answers", options->answers,
                   "Jobs by number, with all their runs of writing tasks; or single runs as "
                   "run:NUMBER")
      ->type_name("JOB|run:RUN ...");
  options->judging = AddJudgingOptions(command, "", "Models that judge, M or M1,M2,...");
  command->add_option("--limit", options->limit, "At most so many answers of each category")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  AddPrecisionOption(command, &options->precision);
  options->asking = AddAskingOptions(command, "chat");
  AddPriorityOption(command, &options->priority);
  AddReuseOption(command, &options->no_reuse);
  command
      ->add_option("--shard-items", options->shard_items,
                   "Answers that a worker takes at once (default: the planner decides)")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  CLI::Option* dry_run = command->add_flag(
      "--dry-run", options->dry_run,
      "Only show the answers, the estimated tokens and time, and the first prompt");
  command->add_flag("--detach", options->detach, "Submit, print the job's number, do not watch")
      ->excludes(dry_run);
  command->add_option("--show-rubric", options->shown_rubric, "Print our rubric of a criterion")
      ->type_name("C");
  options->format = AddFormatOption(command);
  command->callback([&context, options] {
    context.action = [&context, options] { return Judge(context, *options); };
  });
}

}  // namespace assay
