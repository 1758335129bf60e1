#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/follow_job.h"
#include "client/commands/names.h"
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

absl::Status ListJobs(const CommandContext& context, int limit, OutputFormat format) {
  Service service = context.Connect();
  v1::ListJobsRequest request;
  request.set_limit(limit);
  ASSAY_ASSIGN_OR_RETURN(const v1::ListJobsResponse response,
                         service.Call(&v1::EvaluationService::Stub::ListJobs, request));
  auto writer = RecordWriter::Create(format, "jobs",
                                     {{"job_id", "job", Align::kRight},
                                      {"state", "state"},
                                      {"submitted", "submitted"},
                                      {"models", "models"},
                                      {"datasets", "benchmarks"},
                                      {"runs", "runs", Align::kRight},
                                      {"items", "items", Align::kRight},
                                      {"items_done", "done", Align::kRight},
                                      {"items_failed", "errors", Align::kRight}},
                                     *context.console);
  for (const v1::JobProgress& job : response.jobs()) {
    int64_t items = 0, done = 0, failed = 0;
    for (const v1::RunProgress& run : job.runs()) {
      items += run.items();
      done += run.items_done();
      failed += run.items_failed();
    }
    writer->Add({job.job_id(), StateCell(job.state()),
                 TimeCell(job.has_submitted(), job.submitted(), context.console->zone),
                 NamesCell(Names(job, &v1::RunSpec::model_name)),
                 NamesCell(Names(job, &v1::RunSpec::dataset_name)), job.runs_size(), items, done,
                 failed});
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
  *context.console->out << "job " << job_id << " is " << NameOf(job.state()) << "\n" << std::flush;
  return absl::OkStatus();
}

std::shared_ptr<int64_t> AddJobArgument(CLI::App* command) {
  auto job = std::make_shared<int64_t>(0);
  command->add_option("job", *job, "The job's number")->required()->check(CLI::PositiveNumber);
  return job;
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

  CLI::App* cancel =
      parent.add_subcommand("cancel", "Cancel what is not done of a job; what is done stays");
  auto cancelled = AddJobArgument(cancel);
  cancel->callback([&context, cancelled] {
    context.action = [&context, cancelled] {
      return ExitCodeOf(*context.console, Cancel(context, *cancelled));
    };
  });
}

}  // namespace assay
