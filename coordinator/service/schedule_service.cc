#include "coordinator/service/schedule_service.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/convert.h"
#include "coordinator/service/submission_key.h"

namespace assay {
namespace {

constexpr double kMostWeight = 1000;

absl::StatusOr<OwnerShare> ReadShare(const v1::Share& proto) {
  if (proto.owner().size() > kLongestOwner || proto.owner().find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("owner: must have at most ", kLongestOwner, " bytes and no NUL character"));
  }
  OwnerShare share;
  share.owner = proto.owner();
  share.weight = proto.weight();
  if (!std::isfinite(share.weight) || share.weight <= 0 || share.weight > kMostWeight) {
    return absl::InvalidArgumentError(
        absl::StrCat("weight: must be above 0 and at most ", kMostWeight, ", not ", share.weight));
  }
  if (proto.most_shards() < 0 || proto.most_workers() < 0) {
    return absl::InvalidArgumentError("most_shards, most_workers: must not be negative");
  }
  if (proto.most_shards() > 0) share.most_shards = proto.most_shards();
  if (proto.most_workers() > 0) share.most_workers = proto.most_workers();
  return share;
}

}  // namespace

grpc::Status ScheduleServiceImpl::ListShares(grpc::ServerContext*, const v1::ListSharesRequest*,
                                             v1::ListSharesResponse* response) {
  const absl::StatusOr<std::vector<StoredShare>> shares = shares_.List();
  if (!shares.ok()) return ToGrpcStatus(shares.status());
  for (const StoredShare& stored : *shares) {
    v1::Share& share = *response->add_shares();
    share.set_owner(stored.share.owner);
    share.set_weight(stored.share.weight);
    share.set_most_shards(static_cast<int32_t>(stored.share.most_shards.value_or(0)));
    share.set_most_workers(static_cast<int32_t>(stored.share.most_workers.value_or(0)));
    share.set_set(stored.set);
    share.set_leased_shards(stored.leased_shards);
    share.set_workers(stored.workers);
    share.set_open_jobs(stored.open_jobs);
  }
  return grpc::Status::OK;
}

grpc::Status ScheduleServiceImpl::SetShare(grpc::ServerContext*, const v1::SetShareRequest* request,
                                           v1::SetShareResponse*) {
  const absl::StatusOr<OwnerShare> share = ReadShare(request->share());
  return Answer(share.ok() ? shares_.Set(*share) : share.status());
}

grpc::Status ScheduleServiceImpl::RemoveShare(grpc::ServerContext*,
                                              const v1::RemoveShareRequest* request,
                                              v1::RemoveShareResponse*) {
  return Answer(shares_.Remove(request->owner()));
}

grpc::Status ScheduleServiceImpl::SetPriority(grpc::ServerContext*,
                                              const v1::SetPriorityRequest* request,
                                              v1::SetPriorityResponse*) {
  if (std::abs(request->priority()) > kMostPriority) {
    return ToGrpcStatus(absl::InvalidArgumentError(
        absl::StrCat("priority: must be between -", kMostPriority, " and ", kMostPriority)));
  }
  return Answer(shares_.SetPriority(request->job_id(), request->priority()));
}

grpc::Status ScheduleServiceImpl::Answer(const absl::Status& status) {
  if (!status.ok()) return ToGrpcStatus(status);
  pending_->Notify();
  return grpc::Status::OK;
}

}  // namespace assay
