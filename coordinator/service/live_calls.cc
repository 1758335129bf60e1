#include "coordinator/service/live_calls.h"

#include <set>
#include <utility>
#include <vector>

#include "common/domain/principal.h"
#include "common/rpc/limits.h"

namespace assay {

bool LiveCalls::HasRoom(const std::string& user, bool of_worker) const {
  // Callers who need not say who they are cannot be told apart.
  if (user == kAnonymousUser) return true;
  const std::lock_guard lock(mutex_);
  const std::map<std::string, int>& counts = of_worker ? of_workers_ : of_users_;
  const auto found = counts.find(user);
  return found == counts.end() || found->second < (of_worker ? kMostWorkerStreams : kMostCalls);
}

void LiveCalls::Add(const void* key, Call call) {
  const std::lock_guard lock(mutex_);
  ++(call.of_worker ? of_workers_ : of_users_)[call.user];
  calls_[key] = std::move(call);
}

void LiveCalls::Remove(const void* key) {
  const std::lock_guard lock(mutex_);
  const auto found = calls_.find(key);
  if (found == calls_.end()) return;
  std::map<std::string, int>& counts = found->second.of_worker ? of_workers_ : of_users_;
  const auto count = counts.find(found->second.user);
  if (--count->second == 0) counts.erase(count);
  calls_.erase(found);
}

void LiveCalls::CancelInvalid(const std::function<bool(const Credentials&)>& is_valid) {
  std::map<std::string, Credentials> shown;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, call] : calls_) {
      const std::string& token = call.credentials.bearer_token;
      if (!token.empty()) shown.emplace(token, call.credentials);
    }
  }
  std::set<std::string> invalid;
  for (const auto& [token, credentials] : shown) {
    if (!is_valid(credentials)) invalid.insert(token);
  }
  std::vector<const void*> ended;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, call] : calls_) {
      if (invalid.count(call.credentials.bearer_token) > 0) ended.push_back(key);
    }
  }
  for (const void* key : ended) {
    const std::lock_guard lock(mutex_);
    const auto found = calls_.find(key);
    if (found != calls_.end()) found->second.context->TryCancel();
  }
}

}  // namespace assay
