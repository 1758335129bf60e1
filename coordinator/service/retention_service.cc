#include "coordinator/service/retention_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

constexpr int kDefaultDeleted = 100;
constexpr int kMostDeleted = 10000;
// A message of rows is ended as soon as it has so many bytes.
constexpr size_t kMessageBytes = size_t{1} << 20;

void SetTables(const std::vector<TableRowCount>& tables,
               google::protobuf::RepeatedPtrField<v1::TableRows>* proto) {
  for (const TableRowCount& table : tables) {
    v1::TableRows* added = proto->Add();
    added->set_table(table.table);
    added->set_rows(table.rows);
  }
}

v1::ArchiveKind KindToProto(ArchiveColumn::Kind kind) {
  switch (kind) {
    case ArchiveColumn::Kind::kInteger:
      return v1::ARCHIVE_KIND_INTEGER;
    case ArchiveColumn::Kind::kBoolean:
      return v1::ARCHIVE_KIND_BOOLEAN;
    case ArchiveColumn::Kind::kText:
      break;
  }
  return v1::ARCHIVE_KIND_TEXT;
}

v1::ArchiveMessage HeadOf(const ArchiveRows& part) {
  v1::ArchiveMessage message;
  v1::ArchiveRows* rows = message.mutable_rows();
  rows->set_table(part.table);
  for (const ArchiveColumn& column : part.columns) {
    v1::ArchiveColumn* added = rows->add_columns();
    added->set_name(column.name);
    added->set_kind(KindToProto(column.kind));
  }
  return message;
}

// In messages of bounded size; false when the stream is broken.
bool WriteRows(const ArchiveRows& part, grpc::ServerWriter<v1::ArchiveMessage>& writer) {
  v1::ArchiveMessage message = HeadOf(part);
  size_t bytes = 0;
  for (const std::vector<RowValue>& row : part.rows) {
    v1::ArchiveRow* added = message.mutable_rows()->add_rows();
    for (const RowValue& value : row) {
      v1::ArchiveValue* cell = added->add_values();
      if (value.has_value()) cell->set_text(*value);
      bytes += value.has_value() ? value->size() : 0;
    }
    if (bytes < kMessageBytes) continue;
    if (!writer.Write(message)) return false;
    message = HeadOf(part);
    bytes = 0;
  }
  return writer.Write(message);
}

ArchiveRows FromProto(const v1::ArchiveRows& proto) {
  ArchiveRows rows;
  rows.table = proto.table();
  for (const v1::ArchiveColumn& column : proto.columns()) rows.columns.push_back({column.name()});
  for (const v1::ArchiveRow& row : proto.rows()) {
    std::vector<RowValue>& values = rows.rows.emplace_back();
    for (const v1::ArchiveValue& value : row.values()) {
      values.push_back(value.has_text() ? RowValue(value.text()) : RowValue());
    }
  }
  return rows;
}

absl::StatusOr<ArchiveSummary> Restore(JobArchive& archive, const grpc::ServerContext& context,
                                       grpc::ServerReader<v1::ArchiveMessage>& reader) {
  v1::ArchiveMessage message;
  // It comes first, so that nothing is sent that will not be taken.
  if (!reader.Read(&message) || !message.has_summary()) {
    return absl::InvalidArgumentError("the first message of an archive must be its summary");
  }
  return archive.Restore(message.summary().job_id(),
                         [&]() -> absl::StatusOr<std::optional<ArchiveRows>> {
                           if (reader.Read(&message)) {
                             if (!message.has_rows()) {
                               return absl::InvalidArgumentError("an archive has rows only");
                             }
                             return FromProto(message.rows());
                           }
                           // A stream that broke looks like one that ended.
                           if (context.IsCancelled()) return absl::CancelledError("broken off");
                           return std::nullopt;
                         });
}

}  // namespace

grpc::Status RetentionServiceImpl::PlanDeletion(grpc::ServerContext*,
                                                const v1::PlanDeletionRequest* request,
                                                v1::DeletionPlan* response) {
  const absl::StatusOr<DeletionPlan> plan = archive_->Plan(request->job_id());
  if (!plan.ok()) return ToGrpcStatus(plan.status());
  response->set_job_id(plan->job_id);
  response->set_state(plan->state);
  SetTimestamp(plan->submitted, response->mutable_submitted());
  SetTables(plan->tables, response->mutable_tables());
  response->mutable_models()->Add(plan->models.begin(), plan->models.end());
  response->mutable_datasets()->Add(plan->datasets.begin(), plan->datasets.end());
  return grpc::Status::OK;
}

grpc::Status RetentionServiceImpl::DeleteJob(grpc::ServerContext*,
                                             const v1::DeleteJobRequest* request,
                                             v1::DeleteJobResponse* response) {
  if (!request->archive_sha256().empty()) {
    const absl::Status digest =
        CheckSha256("DeleteJobRequest.archive_sha256", request->archive_sha256());
    if (!digest.ok()) return ToGrpcStatus(digest);
  }
  const absl::StatusOr<std::vector<TableRowCount>> tables =
      archive_->Delete(request->job_id(), request->archive_sha256());
  if (!tables.ok()) return ToGrpcStatus(tables.status());
  SetTables(*tables, response->mutable_tables());
  return grpc::Status::OK;
}

grpc::Status RetentionServiceImpl::ReadArchive(grpc::ServerContext* context,
                                               const v1::ReadArchiveRequest* request,
                                               grpc::ServerWriter<v1::ArchiveMessage>* writer) {
  const absl::StatusOr<ArchiveSummary> summary =
      archive_->Read(request->job_id(), [&](const ArchiveRows& part) -> absl::Status {
        if (!context->IsCancelled() && WriteRows(part, *writer)) return absl::OkStatus();
        return absl::CancelledError("the archive was broken off");
      });
  if (!summary.ok()) return ToGrpcStatus(summary.status());
  v1::ArchiveMessage message;
  v1::ArchiveSummary* proto = message.mutable_summary();
  proto->set_job_id(summary->job_id);
  proto->set_sha256(summary->sha256);
  proto->set_schema(summary->schema);
  SetTables(summary->tables, proto->mutable_tables());
  writer->Write(message);
  return grpc::Status::OK;
}

grpc::Status RetentionServiceImpl::RestoreJob(grpc::ServerContext* context,
                                              grpc::ServerReader<v1::ArchiveMessage>* reader,
                                              v1::RestoreJobResponse* response) {
  const absl::StatusOr<ArchiveSummary> summary = Restore(*archive_, *context, *reader);
  if (!summary.ok()) return ToGrpcStatus(summary.status());
  response->set_job_id(summary->job_id);
  SetTables(summary->tables, response->mutable_tables());
  return grpc::Status::OK;
}

grpc::Status RetentionServiceImpl::ListDeletedJobs(grpc::ServerContext*,
                                                   const v1::ListDeletedJobsRequest* request,
                                                   v1::ListDeletedJobsResponse* response) {
  const int limit = request->limit() == 0 ? kDefaultDeleted : request->limit();
  if (limit < 0 || limit > kMostDeleted) {
    return {grpc::StatusCode::INVALID_ARGUMENT,
            absl::StrCat("limit: must be between 0 and ", kMostDeleted, ", not ", limit)};
  }
  const absl::StatusOr<std::vector<DeletedJob>> jobs = archive_->ListDeleted(limit);
  if (!jobs.ok()) return ToGrpcStatus(jobs.status());
  for (const DeletedJob& job : *jobs) {
    v1::DeletedJob* proto = response->add_jobs();
    proto->set_job_id(job.job_id);
    SetTimestamp(job.deleted, proto->mutable_deleted());
    proto->set_archive_sha256(job.archive_sha256);
    proto->set_summary(job.summary);
  }
  return grpc::Status::OK;
}

}  // namespace assay
