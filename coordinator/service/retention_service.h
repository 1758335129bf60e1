// The RPCs of retention: each converts, calls the store, and converts back.
#ifndef ASSAY_COORDINATOR_SERVICE_RETENTION_SERVICE_H_
#define ASSAY_COORDINATOR_SERVICE_RETENTION_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include "assay/v1/retention_service.grpc.pb.h"
#include "coordinator/store/job_archive.h"

namespace assay {

// Thread-safe. The archive outlives it.
class RetentionServiceImpl final : public v1::RetentionService::Service {
 public:
  explicit RetentionServiceImpl(JobArchive* archive) : archive_(archive) {}

  grpc::Status PlanDeletion(grpc::ServerContext*, const v1::PlanDeletionRequest* request,
                            v1::DeletionPlan* response) override;
  grpc::Status DeleteJob(grpc::ServerContext*, const v1::DeleteJobRequest* request,
                         v1::DeleteJobResponse* response) override;
  grpc::Status ReadArchive(grpc::ServerContext* context, const v1::ReadArchiveRequest* request,
                           grpc::ServerWriter<v1::ArchiveMessage>* writer) override;
  grpc::Status RestoreJob(grpc::ServerContext* context,
                          grpc::ServerReader<v1::ArchiveMessage>* reader,
                          v1::RestoreJobResponse* response) override;
  grpc::Status ListDeletedJobs(grpc::ServerContext*, const v1::ListDeletedJobsRequest* request,
                               v1::ListDeletedJobsResponse* response) override;

 private:
  JobArchive* const archive_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RETENTION_SERVICE_H_
