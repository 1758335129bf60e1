#include "client/commands/follow_job.h"

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/commands/results.h"
#include "client/output/text.h"
#include "client/progress/progress_display.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kFirstRetry = absl::Milliseconds(500);
constexpr absl::Duration kSlowestRetry = absl::Seconds(5);
constexpr absl::Duration kJudgesPeriod = absl::Milliseconds(300);

// One WatchJob call, read by a thread of its own; the newest progress is taken when there is time
// to draw it.
class Watch {
 public:
  Watch(Service& service, int64_t job_id) : service_(service) {
    v1::GetJobRequest request;
    request.set_job_id(job_id);
    reader_ = service.stub().WatchJob(&call_, request);
    thread_ = std::thread([this] { Read(); });
  }
  ~Watch() {
    call_.TryCancel();
    thread_.join();
  }

  // The progress since the last call, if there was any; waits a tick for it.
  std::optional<v1::JobProgress> Take() {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &Watch::HasNews), kTick);
    return std::exchange(newest_, std::nullopt);
  }

  // How the call ended, once it has and all its progress is taken.
  std::optional<absl::Status> Ended() {
    absl::MutexLock lock(&mutex_);
    return newest_.has_value() ? std::nullopt : status_;
  }

 private:
  bool HasNews() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return newest_.has_value() || status_.has_value();
  }

  void Read() {
    v1::JobProgress progress;
    while (reader_->Read(&progress)) {
      absl::MutexLock lock(&mutex_);
      newest_ = progress;
    }
    const grpc::Status status = reader_->Finish();
    absl::MutexLock lock(&mutex_);
    status_ = status.ok() ? absl::OkStatus() : service_.Explain(status);
  }

  Service& service_;
  grpc::ClientContext call_;
  std::unique_ptr<grpc::ClientReader<v1::JobProgress>> reader_;
  absl::Mutex mutex_;
  std::optional<v1::JobProgress> newest_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> status_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// What a coordinator or its database that goes away looks like from here.
bool MayComeBack(const absl::Status& status) {
  return status.ok() || absl::IsUnavailable(status) || absl::IsCancelled(status) ||
         absl::IsAborted(status) || absl::IsDeadlineExceeded(status);
}

int Detach(const Console& console, int64_t job_id) {
  *console.err << "detached: job " << job_id << " goes on\n"
               << "  assay watch " << job_id << "    to come back\n"
               << "  assay cancel " << job_id << "   to end it\n"
               << std::flush;
  return kExitDetached;
}

// What went wrong in a job that has ended, and the exit code that tells whether anything did.
int ReportErrors(const Console& console, const v1::JobProgress& job) {
  int64_t errors = 0;
  for (const v1::RunProgress& run : job.runs()) {
    errors += run.items_failed();
    if (run.error().empty()) continue;
    *console.err << "run " << run.spec().run_id() << " (" << EscapeLine(run.spec().dataset_name())
                 << ", " << EscapeLine(run.spec().model_name())
                 << ") failed: " << EscapeLine(run.error()) << "\n";
  }
  if (job.state() == v1::STATE_CANCELLED) {
    *console.err << "job " << job.job_id() << " was cancelled\n";
  }
  if (errors > 0) {
    *console.err << errors << " items are stored as an error: assay predictions " << job.job_id()
                 << " --wrong\n";
  }
  *console.err << std::flush;
  return job.state() == v1::STATE_COMPLETED && errors == 0 ? kExitOk : kExitFailed;
}

bool HasJudges(const v1::JobProgress& job) {
  return job.awaits_judges() || job.judge_job() != 0 || !job.judge_error().empty();
}

// The job of the judges that were ordered with `job`, which has ended, once it is submitted; 0 when
// `stop` was set before.
absl::StatusOr<int64_t> WaitForJudges(Service& service, v1::JobProgress job, StopFlag& stop) {
  v1::GetJobRequest request;
  request.set_job_id(job.job_id());
  while (job.awaits_judges()) {
    if (stop.IsSet()) return 0;
    stop.WaitFor(kJudgesPeriod);
    absl::StatusOr<v1::JobProgress> now =
        service.Call(&v1::EvaluationService::Stub::GetJob, request);
    if (now.ok()) {
      job = *std::move(now);
    } else if (!MayComeBack(now.status())) {
      return now.status();
    }
  }
  if (job.judge_error().empty()) return job.judge_job();
  return absl::FailedPreconditionError(
      absl::StrCat("the answers of job ", job.job_id(), " are not judged: ", job.judge_error()));
}

}  // namespace

bool HasEnded(v1::State state) {
  return state == v1::STATE_COMPLETED || state == v1::STATE_CANCELLED || state == v1::STATE_FAILED;
}

absl::StatusOr<v1::JobProgress> FollowJob(const CommandContext& context, Service& service,
                                          int64_t job_id, StopFlag& stop) {
  ProgressDisplay display(context.console, context.clock);
  v1::JobProgress last;
  bool seen = false;
  bool away = false;
  absl::Duration retry = kFirstRetry;
  while (!stop.IsSet()) {
    Watch watch(service, job_id);
    std::optional<absl::Status> ended;
    while (!stop.IsSet() && !ended.has_value()) {
      if (std::optional<v1::JobProgress> progress = watch.Take()) {
        last = *std::move(progress);
        ASSAY_ASSIGN_OR_RETURN(const JobProgress job, FromProto(last));
        if (std::exchange(away, false)) display.Note("the coordinator is back");
        seen = true;
        retry = kFirstRetry;
        display.Update(job);
      } else {
        display.Tick();
      }
      ended = watch.Ended();
    }
    if (HasEnded(last.state())) break;
    if (!ended.has_value()) continue;
    if (!seen || !MayComeBack(*ended)) {
      display.Finish();
      return ended->ok() ? absl::InternalError("the coordinator told nothing about the job")
                         : *ended;
    }
    if (!std::exchange(away, true)) {
      display.Note(absl::StrCat("the coordinator at ", service.address(),
                                " went away; the job is kept, connecting again until it is back"));
    }
    stop.WaitFor(retry);
    retry = std::min(retry * 2, kSlowestRetry);
  }
  display.Finish();
  return last;
}

int WatchToTheEnd(const CommandContext& context, Service& service, int64_t job_id, StopFlag& stop,
                  OutputFormat format) {
  const Console& console = *context.console;
  const absl::StatusOr<v1::JobProgress> job = FollowJob(context, service, job_id, stop);
  if (!job.ok()) return Fail(console, job.status());
  if (!HasEnded(job->state())) return Detach(console, job_id);
  const bool has_judges = HasJudges(*job) && job->state() != v1::STATE_CANCELLED;
  ResultsOptions options;
  options.job_id = job_id;
  options.format = format;
  options.detail = Detail::kOverall;
  // Other formats are one document.
  const bool show_now = !has_judges || format == OutputFormat::kTable;
  if (show_now) {
    if (const absl::Status status = ShowResults(context, service, options); !status.ok()) {
      return Fail(console, status);
    }
  }
  const int code = ReportErrors(console, *job);
  if (!has_judges) return code;
  const absl::StatusOr<int64_t> judges = WaitForJudges(service, *job, stop);
  if (!judges.ok() && !show_now) ShowResults(context, service, options).IgnoreError();
  if (!judges.ok()) return Fail(console, judges.status());
  if (*judges == 0) return Detach(console, job_id);
  *console.err << "job " << *judges
               << ": judges of the answers (Ctrl-C detaches, the job goes on)\n"
               << std::flush;
  const absl::StatusOr<v1::JobProgress> judging = FollowJob(context, service, *judges, stop);
  if (!judging.ok()) return Fail(console, judging.status());
  if (!HasEnded(judging->state())) return Detach(console, *judges);
  if (show_now) {
    options.job_id = *judges;
  } else {
    options.second_job_id = *judges;
  }
  if (const absl::Status status = ShowResults(context, service, options); !status.ok()) {
    return Fail(console, status);
  }
  return std::max(code, ReportErrors(console, *judging));
}

int FollowSubmitted(const CommandContext& context, Service& service, int64_t job_id, bool detach,
                    StopFlag& stop, OutputFormat format) {
  const Console& console = *context.console;
  if (!detach) {
    *console.err << "job " << job_id << " (Ctrl-C detaches, the job goes on)\n" << std::flush;
    return WatchToTheEnd(context, service, job_id, stop, format);
  }
  if (format == OutputFormat::kJson) {
    Json document = Json::object();
    document["job_id"] = job_id;
    *console.out << DumpJson(document) << "\n";
  } else {
    *console.out << job_id << "\n";
  }
  *console.out << std::flush;
  *console.err << "job " << job_id << " is submitted: assay watch " << job_id << "\n";
  return kExitOk;
}

}  // namespace assay
