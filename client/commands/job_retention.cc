#include "client/commands/job_retention.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "assay/v1/retention_service.grpc.pb.h"
#include "client/commands/names.h"
#include "client/commands/outcome.h"
#include "client/exchange/archive.h"
#include "client/output/new_folder.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

// A job of millions of predictions takes its time.
constexpr absl::Duration kLongest = absl::Hours(6);

class Retention {
 public:
  explicit Retention(Service* service)
      : service_(service), stub_(v1::RetentionService::NewStub(service->channel())) {
    call_.set_deadline(absl::ToChronoTime(absl::Now() + kLongest));
  }
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (v1::RetentionService::Stub::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    grpc::ClientContext call;
    call.set_deadline(absl::ToChronoTime(absl::Now() + kLongest));
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&call, request, &response);
    if (!status.ok()) return service_->Explain(status);
    return response;
  }
  // For one stream.
  grpc::ClientContext& call() { return call_; }
  v1::RetentionService::Stub& stub() { return *stub_; }
  absl::Status Explain(const grpc::Status& status) { return service_->Explain(status); }

 private:
  Service* const service_;
  const std::unique_ptr<v1::RetentionService::Stub> stub_;
  grpc::ClientContext call_;
};

std::string CountsOf(const google::protobuf::RepeatedPtrField<v1::TableRows>& tables) {
  return absl::StrJoin(tables, ", ", [](std::string* text, const v1::TableRows& table) {
    absl::StrAppend(text, GroupedDigits(table.rows()), " ", table.table());
  });
}

// {"predictions": 14042, ...}
Json RowsOf(const google::protobuf::RepeatedPtrField<v1::TableRows>& tables) {
  Json rows = Json::object();
  for (const v1::TableRows& table : tables) rows[table.table()] = table.rows();
  return rows;
}

// What the job has, for people.
std::string Describe(const v1::DeletionPlan& plan, absl::TimeZone zone) {
  return absl::StrCat("job ", plan.job_id(), ", ", plan.state(), ", submitted ",
                      HumanTime(FromTimestamp(plan.submitted()), zone),
                      "\n  models: ", EscapeLine(absl::StrJoin(plan.models(), ", ")),
                      "\n  data sets: ", EscapeLine(absl::StrJoin(plan.datasets(), ", ")),
                      "\n  rows: ", CountsOf(plan.tables()), "\n");
}

absl::StatusOr<v1::DeletionPlan> PlanOf(Retention& retention, int64_t job_id) {
  v1::PlanDeletionRequest request;
  request.set_job_id(job_id);
  return retention.Call(&v1::RetentionService::Stub::PlanDeletion, request);
}

absl::StatusOr<v1::ArchiveSummary> FetchRows(Retention& retention, int64_t job_id,
                                             ArchiveWriter& writer) {
  v1::ReadArchiveRequest request;
  request.set_job_id(job_id);
  const auto reader = retention.stub().ReadArchive(&retention.call(), request);
  v1::ArchiveMessage message;
  absl::Status status;
  v1::ArchiveSummary summary;
  while (status.ok() && reader->Read(&message)) {
    if (message.has_rows()) {
      status = writer.Add(message.rows());
    } else {
      summary = message.summary();
    }
  }
  if (!status.ok()) {
    retention.call().TryCancel();
    reader->Finish();
    return status;
  }
  if (const grpc::Status end = reader->Finish(); !end.ok()) return retention.Explain(end);
  if (summary.sha256().empty()) return absl::DataLossError("the archive came without its end");
  return summary;
}

absl::Status WriteArchive(Retention& retention, int64_t job_id, const std::string& target) {
  // Of one that was broken off nothing is of use.
  ASSAY_ASSIGN_OR_RETURN(NewFolder folder, NewFolder::Create(target, Leftovers::kReplace));
  ArchiveWriter writer(folder.path());
  ASSAY_ASSIGN_OR_RETURN(const v1::ArchiveSummary summary, FetchRows(retention, job_id, writer));
  ASSAY_RETURN_IF_ERROR(writer.Finish(summary));
  return folder.Finish();
}

std::string WithoutSlash(std::string folder) {
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  return folder;
}

}  // namespace

absl::Status DeleteJob(const CommandContext& context, int64_t job_id,
                       const std::function<absl::StatusOr<bool>()>& confirm) {
  Service service = context.Connect();
  Retention retention(&service);
  ASSAY_ASSIGN_OR_RETURN(const v1::DeletionPlan plan, PlanOf(retention, job_id));
  const bool is_for_people = context.outcome == OutputFormat::kTable;
  if (is_for_people) {
    *context.console->out << Describe(plan, context.console->zone) << std::flush;
    if (confirm == nullptr) return absl::OkStatus();
  }
  bool is_confirmed = false;
  if (confirm != nullptr) {
    ASSAY_ASSIGN_OR_RETURN(is_confirmed, confirm());
  }
  if (!is_confirmed) {
    TellOutcome(context, "nothing was deleted",
                {{"job_id", job_id}, {"deleted", false}, {"rows", RowsOf(plan.tables())}});
    return absl::OkStatus();
  }
  v1::DeleteJobRequest request;
  request.set_job_id(job_id);
  ASSAY_RETURN_IF_ERROR(retention.Call(&v1::RetentionService::Stub::DeleteJob, request).status());
  TellOutcome(context, absl::StrCat("job ", job_id, " is deleted"),
              {{"job_id", job_id}, {"deleted", true}, {"rows", RowsOf(plan.tables())}});
  return absl::OkStatus();
}

absl::Status ArchiveJob(const CommandContext& context, int64_t job_id, const std::string& output) {
  const std::string target = WithoutSlash(output);
  std::error_code error;
  const bool is_there =
      std::filesystem::exists(target, error) && !std::filesystem::is_empty(target, error);
  Service service = context.Connect();
  Retention retention(&service);
  ASSAY_ASSIGN_OR_RETURN(const v1::DeletionPlan plan, PlanOf(retention, job_id));
  if (!is_there) ASSAY_RETURN_IF_ERROR(WriteArchive(retention, job_id, target));
  const absl::StatusOr<Archive> archive = OpenArchive(target);
  if (is_there && (!archive.ok() || archive->summary.job_id() != job_id)) {
    return absl::InvalidArgumentError(
        absl::StrCat(target, ": is there, and no archive of job ", job_id));
  }
  ASSAY_RETURN_IF_ERROR(archive.status());
  // From the files, not from what was meant to be in them.
  ASSAY_RETURN_IF_ERROR(
      ReadArchive(*archive, [](const v1::ArchiveRows&) { return absl::OkStatus(); }));
  v1::DeleteJobRequest request;
  request.set_job_id(job_id);
  request.set_archive_sha256(archive->summary.sha256());
  ASSAY_ASSIGN_OR_RETURN(const v1::DeleteJobResponse deleted,
                         retention.Call(&v1::RetentionService::Stub::DeleteJob, request));
  TellOutcome(context,
              absl::StrCat("job ", job_id, " is archived in ", EscapeLine(target), ": ",
                           CountsOf(deleted.tables()), "\nback again: assay job restore ",
                           EscapeLine(target)),
              {{"job_id", job_id}, {"archive", target}, {"rows", RowsOf(deleted.tables())}});
  return absl::OkStatus();
}

absl::Status RestoreJob(const CommandContext& context, const std::string& folder) {
  ASSAY_ASSIGN_OR_RETURN(const Archive archive, OpenArchive(WithoutSlash(folder)));
  Service service = context.Connect();
  Retention retention(&service);
  v1::RestoreJobResponse response;
  const auto writer = retention.stub().RestoreJob(&retention.call(), &response);
  v1::ArchiveMessage message;
  *message.mutable_summary() = archive.summary;
  bool is_refused = !writer->Write(message);
  absl::Status read = ReadArchive(archive, [&](const v1::ArchiveRows& rows) -> absl::Status {
    *message.mutable_rows() = rows;
    is_refused = is_refused || !writer->Write(message);
    return is_refused ? absl::AbortedError("the coordinator takes no more") : absl::OkStatus();
  });
  // Where the coordinator had enough, what it says is the reason.
  if (!read.ok() && !is_refused) {
    retention.call().TryCancel();
    writer->Finish();
    return read;
  }
  if (!is_refused) writer->WritesDone();
  if (const grpc::Status end = writer->Finish(); !end.ok()) return retention.Explain(end);
  TellOutcome(context,
              absl::StrCat("job ", response.job_id(), " is back: ", CountsOf(response.tables())),
              {{"job_id", response.job_id()}, {"rows", RowsOf(response.tables())}});
  return absl::OkStatus();
}

absl::Status ListDeletedJobs(const CommandContext& context, int limit, OutputFormat format) {
  Service service = context.Connect();
  Retention retention(&service);
  v1::ListDeletedJobsRequest request;
  request.set_limit(limit);
  ASSAY_ASSIGN_OR_RETURN(const v1::ListDeletedJobsResponse response,
                         retention.Call(&v1::RetentionService::Stub::ListDeletedJobs, request));
  auto writer = RecordWriter::Create(format, "jobs",
                                     {{"job_id", "job", Align::kRight},
                                      {"deleted", "deleted"},
                                      {"archive_sha256", "archive"},
                                      {"summary", "what it was"}},
                                     *context.console);
  for (const v1::DeletedJob& job : response.jobs()) {
    const std::string& sha256 = job.archive_sha256();
    writer->Add({job.job_id(), TimeCell(job.has_deleted(), job.deleted(), context.console->zone),
                 Cell(sha256.empty() ? Json() : Json(sha256),
                      sha256.empty() ? "none" : absl::StrCat(sha256.substr(0, 12), "…")),
                 job.summary()});
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace assay
