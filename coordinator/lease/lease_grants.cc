// LeaseManager::Grant: from what workers ask for to leases with all that they need.
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"
#include "coordinator/lease/lease_manager.h"

namespace assay {

absl::StatusOr<std::vector<Lease>> LeaseManager::Grant(const WorkerInfo& worker, int count,
                                                       const LoadedModel& loaded,
                                                       ModelPlace place) {
  const LeaseOrder order = {&worker, count, loaded, place};
  absl::StatusOr<std::vector<GrantedLease>> granted;
  GrantTogether({&order, 1}, [&granted](size_t, absl::StatusOr<std::vector<GrantedLease>> leases) {
    granted = std::move(leases);
  });
  if (!granted.ok()) return granted.status();
  std::vector<Lease> leases;
  for (GrantedLease& lease : *granted) {
    for (const Item* item : lease.items) lease.lease.items.push_back(*item);
    leases.push_back(std::move(lease.lease));
  }
  return leases;
}

void LeaseManager::GrantTogether(absl::Span<const LeaseOrder> orders, const GrantAnswer& answer) {
  const absl::Time begin = clock_->Now();
  std::vector<LeaseAsk> asks;
  for (const LeaseOrder& order : orders) {
    asks.push_back({*order.worker, order.count, order.loaded.weights_sha256, order.loaded.precision,
                    order.place == ModelPlace::kRemote});
  }
  const absl::StatusOr<std::vector<Decision>> decisions = scheduler_.DecideAll(asks);
  if (!decisions.ok()) {
    for (size_t i = 0; i < orders.size(); ++i) answer(i, decisions.status());
    return;
  }
  std::vector<size_t> called;
  std::vector<LeaseCall> calls;
  for (size_t i = 0; i < orders.size(); ++i) {
    const std::vector<RunChoice>& choices = (*decisions)[i].choices;
    if (choices.empty() || choices.front().take_back.has_value()) continue;
    called.push_back(i);
    calls.push_back({orders[i].worker, &choices.front(), orders[i].place});
  }
  std::vector<bool> answered(orders.size());
  if (!calls.empty()) {
    absl::StatusOr<std::vector<std::vector<LeasedShard>>> leased =
        shards_->LeaseTogether(calls, lease_time_);
    for (size_t i = 0; i < called.size(); ++i) {
      const size_t number = called[i];
      if (leased.ok() && (*leased)[i].empty()) continue;
      answered[number] = true;
      if (!leased.ok()) {
        answer(number, leased.status());
        continue;
      }
      LeaseResult result;
      result.shards = std::move((*leased)[i]);
      scheduler_.Leased(asks[number], (*decisions)[number], result);
      answer(number, FillAll(asks[number], begin, result.shards));
    }
  }
  for (size_t i = 0; i < orders.size(); ++i) {
    if (answered[i]) continue;
    const absl::StatusOr<LeaseResult> result =
        shards_->Lease(*orders[i].worker, (*decisions)[i].choices, lease_time_, orders[i].place);
    if (!result.ok()) {
      answer(i, result.status());
      continue;
    }
    scheduler_.Leased(asks[i], (*decisions)[i], *result);
    answer(i, FillAll(asks[i], begin, result->shards));
  }
}

absl::StatusOr<std::vector<GrantedLease>> LeaseManager::FillAll(
    const LeaseAsk& ask, absl::Time begin, absl::Span<const LeasedShard> shards) {
  std::vector<GrantedLease> leases;
  for (const LeasedShard& shard : shards) {
    absl::StatusOr<GrantedLease> lease = Fill(shard);
    if (lease.ok()) {
      TellGranted(shard, ask.worker, begin, &lease->lease);
      leases.push_back(*std::move(lease));
      continue;
    }
    if (absl::IsUnavailable(lease.status())) {
      // Best effort: where it fails as well, the leases run out by themselves.
      Fail(shard.key, FailureKind::kReturned, "").IgnoreError();
      continue;
    }
    SPDLOG_ERROR("run {} cannot be handed out: {}", shard.run.run_id, lease.status().ToString());
    ASSAY_RETURN_IF_ERROR(shards_->FailWholeRun(shard.key, lease.status().message()).status());
  }
  if (observer_ != nullptr) {
    observer_->Granted(static_cast<int>(leases.size()), clock_->Now() - begin);
  }
  return leases;
}

absl::StatusOr<GrantedLease> LeaseManager::Fill(const LeasedShard& shard) {
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark, catalog_->Of(shard.run));
  ASSAY_ASSIGN_OR_RETURN(const ProtocolSpec* protocol,
                         benchmark->FindProtocol(shard.run.settings.protocol));
  if (protocol->version != shard.run.settings.protocol_version) {
    return absl::FailedPreconditionError(
        absl::StrCat("the run was submitted with version ", shard.run.settings.protocol_version,
                     " of protocol ", protocol->name, ", and the program now has version ",
                     protocol->version, "; submit it again"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Dataset> dataset,
                         DatasetOf(shard.run, shard.ordinals));
  GrantedLease granted;
  granted.dataset = dataset;
  granted.items.reserve(shard.ordinals.size());
  Lease& lease = granted.lease;
  lease.key = shard.key;
  lease.run = shard.run;
  lease.model = shard.model;
  if (!shard.run.benchmark_sha256.empty()) lease.benchmark_text = benchmark->source()->text;
  for (const int64_t ordinal : shard.ordinals) {
    const Item* item = dataset->Find(ordinal);
    if (item == nullptr) {
      return absl::InternalError(absl::StrCat("the data set has no item of ordinal ", ordinal));
    }
    granted.items.push_back(item);
    if (lease.shots.count(item->group) != 0) continue;
    ASSAY_ASSIGN_OR_RETURN(const ShotCache::Shots chosen,
                           shots_.Get(shard.run, *benchmark, *protocol, *dataset, item->group));
    lease.shots[item->group] = *chosen;
  }
  if (reuse_ != nullptr && !shard.model.remote.has_value()) {
    lease.reusable = reuse_->Find(shard.run, granted.items);
  }
  return granted;
}

}  // namespace assay
