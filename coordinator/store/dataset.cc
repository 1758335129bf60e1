#include "coordinator/store/dataset.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/dataset_store.h"

namespace assay {
namespace {

size_t BytesOf(const Item& item) {
  size_t bytes = sizeof(Item) + item.id.size() + item.group.size() + item.target.size();
  for (const auto& [name, text] : item.fields) bytes += 96 + name.size() + text.size();
  for (const std::string& choice : item.choices) bytes += sizeof(std::string) + choice.size();
  return bytes;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Dataset>> Dataset::Create(std::vector<Item> items) {
  std::shared_ptr<Dataset> dataset(new Dataset);
  dataset->items_ = std::move(items);
  for (size_t i = 0; i < dataset->items_.size(); ++i) {
    const Item& item = dataset->items_[i];
    if (item.ordinal != static_cast<int64_t>(i)) {
      return absl::InternalError(
          absl::StrCat("item ", item.id, " has ordinal ", item.ordinal, " at position ", i));
    }
    if (dataset->groups_.empty() || dataset->groups_.back() != item.group) {
      if (!dataset->ranges_.emplace(item.group, std::make_pair(i, size_t{0})).second) {
        return absl::InternalError(
            absl::StrCat("item ", item.id, " stands apart from the others of group ", item.group));
      }
      dataset->groups_.push_back(item.group);
    }
    ++dataset->ranges_[item.group].second;
    dataset->bytes_ += BytesOf(item);
    dataset->has_passages_ |= item.fields.count("passage") != 0;
  }
  return dataset;
}

absl::Span<const Item> Dataset::Group(absl::string_view group) const {
  const auto found = ranges_.find(std::string(group));
  if (found == ranges_.end()) return {};
  return absl::MakeConstSpan(items_).subspan(found->second.first, found->second.second);
}

const Item* Dataset::Find(int64_t ordinal) const {
  if (ordinal < 0 || ordinal >= static_cast<int64_t>(items_.size())) return nullptr;
  return &items_[ordinal];
}

DatasetCache::DatasetCache(DatasetStore* store, size_t capacity_bytes)
    : store_(store), capacity_(capacity_bytes) {}

absl::StatusOr<std::shared_ptr<const Dataset>> DatasetCache::Get(const std::string& benchmark,
                                                                 const std::string& sha256) {
  const Key key(benchmark, sha256);
  {
    absl::MutexLock lock(&mutex_);
    if (const auto found = entries_.find(key); found != entries_.end()) {
      uses_.splice(uses_.begin(), uses_, found->second.use);
      return found->second.dataset;
    }
  }
  // Read without the lock: two threads may read the same one, which costs time but is right.
  ASSAY_ASSIGN_OR_RETURN(std::vector<Item> items, store_->ReadItems(benchmark, sha256));
  ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Dataset> dataset, Dataset::Create(std::move(items)));
  absl::MutexLock lock(&mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second.dataset;
  uses_.push_front(key);
  entries_[key] = {dataset, uses_.begin()};
  bytes_ += dataset->bytes();
  while (bytes_ > capacity_ && uses_.size() > 1) {
    const auto oldest = entries_.find(uses_.back());
    bytes_ -= oldest->second.dataset->bytes();
    entries_.erase(oldest);
    uses_.pop_back();
  }
  return dataset;
}

}  // namespace assay
