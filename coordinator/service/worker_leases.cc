// WorkerSession: what a worker asks for, and is granted.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/logging/log_context.h"
#include "common/rpc/convert.h"
#include "common/rpc/fill_grant.h"
#include "coordinator/service/worker_session.h"

namespace assay {
namespace {

constexpr int kMaxLeases = 64;
constexpr absl::Duration kCancelDelay = absl::Milliseconds(200);

}  // namespace

absl::Status WorkerSession::HandleRequest(const v1::LeaseRequest& request) {
  for (const int leases : {request.leases(), request.remote_leases()}) {
    if (leases >= 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("LeaseRequest.leases: must not be negative, got ", leases));
  }
  LoadedModel loaded;
  if (!request.loaded_weights_sha256().empty()) {
    if (request.loaded_weights_sha256().find('\0') != std::string::npos) {
      return absl::InvalidArgumentError("LeaseRequest.loaded_weights_sha256: not a digest");
    }
    loaded.weights_sha256 = request.loaded_weights_sha256();
    ASSAY_ASSIGN_OR_RETURN(loaded.precision, FromProto(request.loaded_precision()));
  }
  {
    absl::MutexLock lock(&mutex_);
    demand_ = {std::min(request.leases(), kMaxLeases),
               std::min(request.remote_leases(), kMaxLeases), std::move(loaded),
               demand_.number + 1};
  }
  parts_.granter->Wake(this);
  return absl::OkStatus();
}

std::vector<LeaseOrder> WorkerSession::Orders() {
  absl::MutexLock lock(&mutex_);
  ordered_ = demand_.number;
  std::vector<LeaseOrder> orders;
  if (*parts_.closing || outgoing_.size() >= kMostOutgoing) return orders;
  if (demand_.leases > 0) orders.push_back({&worker_, demand_.leases, demand_.loaded});
  if (demand_.remote_leases > 0) {
    orders.push_back({&worker_, demand_.remote_leases, {}, ModelPlace::kRemote});
  }
  return orders;
}

int WorkerSession::Take(const LeaseOrder& order, absl::StatusOr<std::vector<GrantedLease>> leases) {
  const LogContext context({.worker_id = worker_.worker_id});
  if (!leases.ok()) {
    if (!absl::IsUnavailable(leases.status())) {
      SPDLOG_ERROR("granting: {}", leases.status().ToString());
    }
    return 0;
  }
  for (const GrantedLease& granted : *leases) {
    const LeaseKey& key = granted.lease.key;
    {
      absl::MutexLock lock(&mutex_);
      unconfirmed_[key.lease_id] = key;
    }
    Outgoing message;
    v1::LeaseGrant* grant = message->mutable_grant();
    FillGrant(granted.lease, grant);
    grant->mutable_items()->Reserve(static_cast<int>(granted.items.size()));
    for (const Item* item : granted.items) FillItem(*item, grant->add_items());
    // Where giving back fails as well, the lease runs out by itself.
    if (!Send(std::move(message))) {
      parts_.leases->Fail(key, FailureKind::kReturned, "").IgnoreError();
    }
  }
  const int taken = static_cast<int>(leases->size());
  absl::MutexLock lock(&mutex_);
  if (demand_.number == ordered_) {
    int& left = order.place == ModelPlace::kLocal ? demand_.leases : demand_.remote_leases;
    left -= taken;
  }
  return taken;
}

bool WorkerSession::WantsMore() {
  absl::MutexLock lock(&mutex_);
  if (*parts_.closing || outgoing_.size() >= kMostOutgoing) return false;
  return demand_.leases > 0 || demand_.remote_leases > 0;
}

void WorkerSession::Confirm(const LeaseKey& key) {
  absl::MutexLock lock(&mutex_);
  unconfirmed_.erase(key.lease_id);
}

void WorkerSession::GiveBackUnconfirmed() {
  std::map<int64_t, LeaseKey> keys;
  {
    absl::MutexLock lock(&mutex_);
    keys.swap(unconfirmed_);
  }
  // gRPC tells that nothing more comes a little earlier than why.
  if (keys.empty() || cancelled_.WaitForNotificationWithTimeout(kCancelDelay)) return;
  // Where it fails, they run out by themselves.
  for (const auto& [id, key] : keys) {
    parts_.leases->Fail(key, FailureKind::kReturned, "").IgnoreError();
  }
}

}  // namespace assay
