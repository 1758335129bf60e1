#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/names.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "client/process/interrupt.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

// Each name once, in order of the runs.
Json Names(const v1::JobProgress& job, const std::string& (v1::RunSpec::*name)() const) {
  Json names = Json::array();
  std::set<std::string> seen;
  for (const v1::RunProgress& run : job.runs()) {
    const std::string& value = (run.spec().*name)();
    if (seen.insert(value).second) names.push_back(value);
  }
  return names;
}

Cell NamesCell(Json names) {
  std::string text = absl::StrJoin(names, ",", [](std::string* line, const Json& name) {
    absl::StrAppend(line, name.get<std::string>());
  });
  return Cell(std::move(names), std::move(text));
}

// The job that judges the answers of this one.
Cell JudgesCell(const v1::JobProgress& job) {
  if (job.judge_job() != 0) return Cell(job.judge_job(), absl::StrCat("job ", job.judge_job()));
  if (job.awaits_judges()) return Cell(Json(), "to come", Tone::kDim);
  if (job.judge_error().empty()) return Cell(Json(), "-");
  return Cell(Json(), absl::StrCat("none: ", EscapeLine(job.judge_error())));
}

absl::Status ListJobs(const CommandContext& context, int limit, OutputFormat format) {
  Service service = context.Connect();
  v1::ListJobsRequest request;
  request.set_limit(limit);
  ASSAY_ASSIGN_OR_RETURN(const v1::ListJobsResponse response,
                         service.Call(&v1::EvaluationService::Stub::ListJobs, request));
  // Columns that tables have only where there is something in them.
  bool has_judges = false, has_paused = false, has_waiting = false, has_priority = false;
  std::set<std::string> owners;
  for (const v1::JobProgress& job : response.jobs()) {
    has_judges |= job.awaits_judges() || job.judge_job() != 0 || !job.judge_error().empty();
    has_paused |= job.paused();
    has_priority |= job.priority() != 0;
    owners.insert(job.owner());
    for (const v1::RunProgress& run : job.runs()) has_waiting |= !run.waiting_for().empty();
  }
  auto writer = RecordWriter::Create(format, "jobs",
                                     {{"job_id", "job", Align::kRight},
                                      {"state", "state"},
                                      {"submitted", "submitted"},
                                      {"models", "models"},
                                      {"datasets", "benchmarks"},
                                      {"runs", "runs", Align::kRight},
                                      {"items", "items", Align::kRight},
                                      {"items_done", "done", Align::kRight},
                                      {"items_failed", "errors", Align::kRight},
                                      {"owner", owners.size() > 1 ? "owner" : ""},
                                      {"priority", has_priority ? "priority" : "", Align::kRight},
                                      {"paused", has_paused ? "paused" : ""},
                                      {"waiting_for", has_waiting ? "waiting for" : ""},
                                      {"judge_job", has_judges ? "judged by" : ""},
                                      {"judge_error", ""}},
                                     *context.console);
  for (const v1::JobProgress& job : response.jobs()) {
    int64_t items = 0, done = 0, failed = 0;
    for (const v1::RunProgress& run : job.runs()) {
      items += run.items();
      done += run.items_done();
      failed += run.items_failed();
    }
    Json waiting = Json::array();
    for (const v1::RunProgress& run : job.runs()) {
      if (!run.waiting_for().empty()) waiting.push_back(run.waiting_for());
    }
    waiting.erase(std::unique(waiting.begin(), waiting.end()), waiting.end());
    std::string waiting_text =
        absl::StrJoin(waiting, "; ", [](std::string* line, const Json& text) {
          absl::StrAppend(line, text.get<std::string>());
        });
    writer->Add({job.job_id(), StateCell(job.state()),
                 TimeCell(job.has_submitted(), job.submitted(), context.console->zone),
                 NamesCell(Names(job, &v1::RunSpec::model_name)),
                 NamesCell(Names(job, &v1::RunSpec::dataset_name)), job.runs_size(), items, done,
                 failed, job.owner(), job.priority(),
                 Cell(job.paused(), job.paused() ? "yes" : "no"),
                 Cell(std::move(waiting), waiting_text.empty() ? "-" : waiting_text),
                 JudgesCell(job), job.judge_error()});
  }
  writer->Finish();
  return absl::OkStatus();
}

absl::Status Cancel(const CommandContext& context, int64_t job_id) {
  Service service = context.Connect();
  v1::CancelJobRequest request;
  request.set_job_id(job_id);
  ASSAY_ASSIGN_OR_RETURN(const v1::JobProgress job,
                         service.Call(&v1::EvaluationService::Stub::CancelJob, request));
  const std::string state(NameOf(job.state()));
  TellOutcome(context, absl::StrCat("job ", job_id, " is ", state),
              {{"job_id", job_id}, {"state", state}});
  return absl::OkStatus();
}

absl::Status Pause(const CommandContext& context, int64_t job_id) {
  Service service = context.Connect();
  v1::PauseJobRequest request;
  request.set_job_id(job_id);
  ASSAY_RETURN_IF_ERROR(service.Call(&v1::EvaluationService::Stub::PauseJob, request).status());
  TellOutcome(context, absl::StrCat("job ", job_id, " is paused: assay resume ", job_id),
              {{"job_id", job_id}, {"paused", true}});
  return absl::OkStatus();
}

absl::Status Resume(const CommandContext& context, int64_t job_id) {
  Service service = context.Connect();
  v1::ResumeJobRequest request;
  request.set_job_id(job_id);
  ASSAY_RETURN_IF_ERROR(service.Call(&v1::EvaluationService::Stub::ResumeJob, request).status());
  TellOutcome(context, absl::StrCat("job ", job_id, " goes on"),
              {{"job_id", job_id}, {"paused", false}});
  return absl::OkStatus();
}

std::shared_ptr<int64_t> AddJobArgument(CLI::App* command) {
  auto job = std::make_shared<int64_t>(0);
  command->add_option("job", *job, "The job's number")->required()->check(CLI::PositiveNumber);
  return job;
}

// A command that does one thing to one job.
void AddJobCommand(CLI::App& parent, CommandContext& context, const char* name, const char* help,
                   absl::Status (*action)(const CommandContext&, int64_t)) {
  CLI::App* command = parent.add_subcommand(name, help);
  auto job = AddJobArgument(command);
  AddOutcomeFormat(command, context);
  command->callback([&context, job, action] {
    context.action = [&context, job, action] {
      return ExitCodeOf(*context.console, action(context, *job));
    };
  });
}

}  // namespace

void AddJobCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* jobs = parent.add_subcommand("jobs", "List the jobs, the newest first");
  auto limit = std::make_shared<int>(100);
  jobs->add_option("--limit", *limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  auto format = AddFormatOption(jobs);
  jobs->callback([&context, limit, format] {
    context.action = [&context, limit, format] {
      return ExitCodeOf(*context.console, ListJobs(context, *limit, *format));
    };
  });

  CLI::App* watch = parent.add_subcommand(
      "watch", "Show a job's progress to its end, then its scores; Ctrl-C leaves it running");
  auto watched = AddJobArgument(watch);
  auto watch_format = AddFormatOption(watch);
  watch->callback([&context, watched, watch_format] {
    context.action = [&context, watched, watch_format] {
      Service service = context.Connect();
      StopFlag stop;
      const Interrupt interrupt([&stop] { stop.Set(); });
      return WatchToTheEnd(context, service, *watched, stop, *watch_format);
    };
  });

  AddJobCommand(parent, context, "cancel", "Cancel what is not done of a job; what is done stays",
                Cancel);
  AddJobCommand(parent, context, "pause",
                "Take a job back from the workers, at once, until it is resumed", Pause);
  AddJobCommand(parent, context, "resume", "Let a paused job go on", Resume);
}

}  // namespace assay
