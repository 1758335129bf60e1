#include "coordinator/lease/granted_leases.h"

#include <utility>

namespace assay {

void GrantedLeases::Add(const LeaseKey& key, const RunSpec& run, std::vector<int64_t> ordinals,
                        LeaseTrace trace) {
  absl::MutexLock lock(&mutex_);
  if (latest_ == nullptr || latest_->run_id != run.run_id) {
    latest_ = std::make_shared<const RunSpec>(run);
  }
  entries_[key.lease_id] = {key, {latest_, std::move(ordinals), std::move(trace)}};
  order_.push_back(key.lease_id);
  while (order_.size() > capacity_) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
}

std::optional<GrantedShard> GrantedLeases::Find(const LeaseKey& key) const {
  absl::MutexLock lock(&mutex_);
  const auto found = entries_.find(key.lease_id);
  if (found == entries_.end() || !(found->second.key == key)) return std::nullopt;
  return found->second.shard;
}

void GrantedLeases::Forget(const LeaseKey& key) {
  absl::MutexLock lock(&mutex_);
  entries_.erase(key.lease_id);
}

}  // namespace assay
