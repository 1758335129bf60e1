#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/commands/asking_options.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/job_plan.h"
#include "client/commands/runs_name.h"
#include "client/process/interrupt.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/benchmark/rubric.h"
#include "common/domain/run.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

struct JudgeOptions {
  std::vector<std::string> answers;
  std::vector<std::string> judges;
  std::vector<std::string> criteria = {"relevance", "coherence"};
  std::vector<std::string> rubrics;
  std::string parser = "strict";
  std::string precision = "bfloat16";
  int64_t limit = 0;
  int shard_items = 0;
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

// The texts of --rubric by criterion, each checked.
absl::StatusOr<std::map<std::string, std::string>> ReadRubrics(const JudgeOptions& options) {
  std::map<std::string, std::string> rubrics;
  for (const std::string& option : options.rubrics) {
    std::string criterion, path = option;
    for (const std::string& name : options.criteria) {
      if (absl::StartsWith(option, name + "=")) {
        criterion = name;
        path = option.substr(name.size() + 1);
      }
    }
    if (criterion.empty() && options.criteria.size() > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("--rubric ", option, ": of which criterion? Write --rubric ",
                       options.criteria.front(), "=FILE, or name one by --criteria"));
    }
    if (criterion.empty()) criterion = options.criteria.front();
    ASSAY_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
    ASSAY_RETURN_IF_ERROR(Rubric::Parse(path, file.bytes()).status());
    if (!rubrics.emplace(criterion, std::string(file.bytes())).second) {
      return absl::InvalidArgumentError(absl::StrCat("--rubric: two files for ", criterion));
    }
  }
  return rubrics;
}

absl::StatusOr<v1::JudgeJobRequest> ToRequest(const JudgeOptions& options) {
  v1::JudgeJobRequest request;
  for (const std::string& name : options.answers) {
    ASSAY_RETURN_IF_ERROR(AddAnswers(name, request));
  }
  for (const std::string& judge : options.judges) request.add_judges(judge);
  ASSAY_ASSIGN_OR_RETURN(const auto rubrics, ReadRubrics(options));
  for (const std::string& name : options.criteria) {
    v1::JudgeCriterion* const criterion = request.add_criteria();
    criterion->set_name(name);
    if (const auto rubric = rubrics.find(name); rubric != rubrics.end()) {
      criterion->set_rubric(rubric->second);
    }
  }
  request.set_grader(absl::StrCat("judge_", options.parser));
  v1::RunSettings& settings = *request.mutable_settings();
  ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(options.precision));
  settings.set_precision(ToProto(precision));
  settings.set_limit(options.limit);
  ASSAY_RETURN_IF_ERROR(options.asking->AddTo(settings));
  request.set_shard_items(options.shard_items);
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
  if (options.answers.empty() || options.judges.empty()) {
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
      service.Call(&v1::EvaluationService::Stub::SubmitJudgeJob, *request);
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
  command->add_option("--judge", options->judges, "Models that judge, M or M1,M2,...")
      ->delimiter(',')
      ->type_name("M")
      ->expected(1, 100);
  command->add_option("--criteria", options->criteria, "What is rated")
      ->delimiter(',')
      ->type_name("C")
      ->expected(1, 10)
      ->capture_default_str();
  command
      ->add_option("--rubric", options->rubrics,
                   "What judges are shown instead of our text: FILE for a single criterion, or "
                   "CRITERION=FILE")
      ->type_name("[C=]FILE")
      ->expected(1, 10);
  command
      ->add_option("--parser", options->parser,
                   "How replies are read: strict (one rating, or the review is unparsable) or "
                   "instructeval (the last digit, and 1 for want of one)")
      ->check(CLI::IsMember({"strict", "instructeval"}))
      ->capture_default_str();
  command->add_option("--limit", options->limit, "At most so many answers of each category")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  AddPrecisionOption(command, &options->precision);
  options->asking = AddAskingOptions(command, "chat");
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
