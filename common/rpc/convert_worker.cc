#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/field_check.h"
#include "common/rpc/fill_grant.h"

namespace assay {
namespace {

static_assert(v1::COMMIT_OUTCOME_ACCEPTED == static_cast<int>(CommitOutcome::kAccepted) + 1);
static_assert(v1::COMMIT_OUTCOME_DUPLICATE == static_cast<int>(CommitOutcome::kDuplicate) + 1);
static_assert(v1::COMMIT_OUTCOME_STALE == static_cast<int>(CommitOutcome::kStale) + 1);

absl::StatusOr<std::vector<Item>> ItemsFromProto(
    const google::protobuf::RepeatedPtrField<v1::Item>& protos) {
  std::vector<Item> items;
  items.reserve(protos.size());
  for (const v1::Item& proto : protos) {
    ASSAY_ASSIGN_OR_RETURN(Item item, FromProto(proto));
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

v1::CommitOutcome ToProto(CommitOutcome outcome) { return EnumToProto<v1::CommitOutcome>(outcome); }

v1::WorkerInfo ToProto(const WorkerInfo& worker) {
  v1::WorkerInfo proto;
  proto.set_worker_id(worker.worker_id);
  proto.set_hostname(worker.hostname);
  proto.set_engine_version(worker.engine_version);
  proto.set_device(worker.device);
  proto.set_remote_engine(worker.remote_engine);
  proto.set_sandbox(worker.sandbox);
  proto.set_threads(worker.threads);
  proto.set_memory_bytes(worker.memory_bytes);
  proto.set_tensor_parallel(worker.tensor_parallel);
  for (const auto& [precision, rate] : worker.gflops) (*proto.mutable_gflops())[precision] = rate;
  return proto;
}

absl::StatusOr<WorkerInfo> FromProto(const v1::WorkerInfo& proto) {
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("WorkerInfo.worker_id", proto.worker_id()));
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("WorkerInfo.engine_version", proto.engine_version()));
  ASSAY_RETURN_IF_ERROR(CheckNotEmpty("WorkerInfo.device", proto.device()));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("WorkerInfo.threads", proto.threads(), 1));
  for (const auto& [precision, rate] : proto.gflops()) {
    ASSAY_RETURN_IF_ERROR(
        CheckNotNegative(absl::StrCat("WorkerInfo.gflops[\"", precision, "\"]"), rate));
  }
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("WorkerInfo.memory_bytes", proto.memory_bytes(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("WorkerInfo.tensor_parallel", proto.tensor_parallel(), 0));
  WorkerInfo worker;
  worker.worker_id = proto.worker_id();
  worker.hostname = proto.hostname();
  worker.engine_version = proto.engine_version();
  worker.device = proto.device();
  worker.remote_engine = proto.remote_engine();
  worker.sandbox = proto.sandbox();
  worker.threads = proto.threads();
  worker.memory_bytes = proto.memory_bytes();
  worker.tensor_parallel = std::max(1, proto.tensor_parallel());
  worker.gflops.insert(proto.gflops().begin(), proto.gflops().end());
  return worker;
}

v1::LeaseKey ToProto(const LeaseKey& key) {
  v1::LeaseKey proto;
  proto.set_shard_id(key.shard_id);
  proto.set_attempt(key.attempt);
  proto.set_lease_id(key.lease_id);
  return proto;
}

absl::StatusOr<LeaseKey> FromProto(const v1::LeaseKey& proto) {
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("LeaseKey.shard_id", proto.shard_id(), 1));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("LeaseKey.attempt", proto.attempt(), 0));
  ASSAY_RETURN_IF_ERROR(CheckAtLeast("LeaseKey.lease_id", proto.lease_id(), 1));
  LeaseKey key;
  key.shard_id = proto.shard_id();
  key.attempt = proto.attempt();
  key.lease_id = proto.lease_id();
  return key;
}

void FillGrant(const Lease& lease, v1::LeaseGrant* proto) {
  *proto->mutable_lease() = ToProto(lease.key);
  *proto->mutable_run() = ToProto(lease.run);
  *proto->mutable_model() = ToProto(lease.model);
  for (const Item& item : lease.items) FillItem(item, proto->add_items());
  for (const auto& [group, shots] : lease.shots) {
    v1::ItemList& list = (*proto->mutable_shots())[group];
    for (const Item& shot : shots) FillItem(shot, list.add_items());
  }
  proto->set_benchmark_text(lease.benchmark_text);
  proto->set_traceparent(lease.traceparent);
  for (const Prediction& prediction : lease.reusable) {
    *proto->add_reusable() = ToProto(prediction);
  }
}

v1::LeaseGrant ToProto(const Lease& lease) {
  v1::LeaseGrant proto;
  FillGrant(lease, &proto);
  return proto;
}

absl::StatusOr<Lease> FromProto(const v1::LeaseGrant& proto) {
  if (!proto.has_lease()) return FieldError("LeaseGrant.lease", "is missing");
  if (!proto.has_run()) return FieldError("LeaseGrant.run", "is missing");
  if (!proto.has_model()) return FieldError("LeaseGrant.model", "is missing");
  if (proto.items().empty()) return FieldError("LeaseGrant.items", "is empty");
  Lease lease;
  ASSAY_ASSIGN_OR_RETURN(lease.key, FromProto(proto.lease()));
  ASSAY_ASSIGN_OR_RETURN(lease.run, FromProto(proto.run()));
  ASSAY_ASSIGN_OR_RETURN(lease.model, FromProto(proto.model()));
  ASSAY_ASSIGN_OR_RETURN(lease.items, ItemsFromProto(proto.items()));
  for (const auto& [group, list] : proto.shots()) {
    ASSAY_ASSIGN_OR_RETURN(lease.shots[group], ItemsFromProto(list.items()));
  }
  lease.benchmark_text = proto.benchmark_text();
  lease.traceparent = proto.traceparent();
  for (const v1::Prediction& reusable : proto.reusable()) {
    ASSAY_ASSIGN_OR_RETURN(Prediction prediction, FromProto(reusable));
    lease.reusable.push_back(std::move(prediction));
  }
  return lease;
}

}  // namespace assay
