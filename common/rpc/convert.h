// Between the generated protobuf types, which stay at the edges, and the domain's structs.
// FromProto: InvalidArgument names the field that is missing or not sensible (untrusted callers).
#ifndef ASSAY_COMMON_RPC_CONVERT_H_
#define ASSAY_COMMON_RPC_CONVERT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/evaluation_service.pb.h"
#include "assay/v1/types.pb.h"
#include "assay/v1/worker_service.pb.h"
#include "common/domain/item.h"
#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/remote_endpoint.h"
#include "common/domain/run.h"
#include "common/domain/worker.h"

namespace grpc {
class Status;
}

namespace assay {

v1::Item ToProto(const Item& item);
v1::DatasetInfo ToProto(const DatasetInfo& dataset);
v1::RemoteEndpoint ToProto(const RemoteEndpoint& endpoint);
v1::ModelSpec ToProto(const ModelSpec& model);
v1::SamplingSettings ToProto(const SamplingSettings& sampling);
v1::RunSettings ToProto(const RunSettings& settings);
v1::RunSpec ToProto(const RunSpec& run);
v1::RunProgress ToProto(const RunProgress& run);
v1::JobProgress ToProto(const JobProgress& job);
v1::Prediction ToProto(const Prediction& prediction);
v1::Score ToProto(const Score& score);
v1::Metric ToProto(const Metric& metric);
v1::WorkerInfo ToProto(const WorkerInfo& worker);
v1::LeaseKey ToProto(const LeaseKey& key);
v1::LeaseGrant ToProto(const Lease& lease);
v1::Precision ToProto(Precision precision);
v1::State ToProto(State state);
v1::CommitOutcome ToProto(CommitOutcome outcome);

absl::StatusOr<Item> FromProto(const v1::Item& item);
absl::StatusOr<DatasetInfo> FromProto(const v1::DatasetInfo& dataset);
absl::StatusOr<RemoteEndpoint> FromProto(const v1::RemoteEndpoint& endpoint);
absl::StatusOr<ModelSpec> FromProto(const v1::ModelSpec& model);
absl::StatusOr<SamplingSettings> FromProto(const v1::SamplingSettings& sampling);
absl::StatusOr<RunSettings> FromProto(const v1::RunSettings& settings);
absl::StatusOr<RunSpec> FromProto(const v1::RunSpec& run);
absl::StatusOr<RunProgress> FromProto(const v1::RunProgress& run);
absl::StatusOr<JobProgress> FromProto(const v1::JobProgress& job);
absl::StatusOr<Prediction> FromProto(const v1::Prediction& prediction);
absl::StatusOr<Score> FromProto(const v1::Score& score);
absl::StatusOr<Metric> FromProto(const v1::Metric& metric);
absl::StatusOr<WorkerInfo> FromProto(const v1::WorkerInfo& worker);
absl::StatusOr<LeaseKey> FromProto(const v1::LeaseKey& key);
absl::StatusOr<Lease> FromProto(const v1::LeaseGrant& grant);
absl::StatusOr<Precision> FromProto(v1::Precision precision);

// A message of more than some KiB is cut, so that it can be sent.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace assay

#endif  // ASSAY_COMMON_RPC_CONVERT_H_
