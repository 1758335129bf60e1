#include "coordinator/reuse/reuse_finder.h"

#include <spdlog/spdlog.h>

#include <set>
#include <tuple>
#include <utility>

#include "absl/status/statusor.h"

namespace assay {
namespace {

constexpr int kMostSources = 4;
constexpr absl::Duration kAskAgain = absl::Seconds(5);
constexpr size_t kMostKnown = 4096;
// Of what is sent with a lease.
constexpr size_t kMostBytes = size_t{16} << 20;

size_t BytesOf(const Prediction& prediction) {
  return 256 + prediction.output.size() + 5 * prediction.output_token_ids.size() +
         8 * prediction.choice_loglikelihoods.size();
}

}  // namespace

std::vector<Prediction> ReuseFinder::Find(const RunSpec& run, absl::Span<const Item* const> items) {
  const std::vector<ReuseSource> sources = SourcesOf(run.run_id);
  if (sources.empty()) return {};
  std::vector<std::string> ids;
  for (const Item* item : items) ids.push_back(item->id);
  absl::StatusOr<std::vector<Prediction>> found =
      store_->Find(sources, ids, run.settings.sampling.samples);
  if (!found.ok()) {
    SPDLOG_WARN("earlier predictions cannot be looked up: {}", found.status().ToString());
    return {};
  }
  std::vector<Prediction> distinct;
  std::set<std::tuple<std::string, int, std::string>> seen;
  size_t bytes = 0;
  for (Prediction& prediction : *found) {
    if (!seen.emplace(prediction.item_id, prediction.sample_index, prediction.request_digest)
             .second) {
      continue;
    }
    bytes += BytesOf(prediction);
    if (bytes > kMostBytes) break;
    distinct.push_back(std::move(prediction));
  }
  return distinct;
}

std::vector<ReuseSource> ReuseFinder::SourcesOf(int64_t run_id) {
  const absl::Time now = clock_->Now();
  {
    absl::MutexLock lock(&mutex_);
    const auto found = known_.find(run_id);
    if (found != known_.end() && now - found->second.asked < kAskAgain) {
      return found->second.sources;
    }
  }
  absl::StatusOr<std::vector<ReuseSource>> sources = store_->Sources(run_id, kMostSources);
  if (!sources.ok()) return {};
  absl::MutexLock lock(&mutex_);
  if (known_.size() >= kMostKnown) known_.clear();
  known_[run_id] = {*sources, now};
  return *std::move(sources);
}

}  // namespace assay
