// A dataset in memory, and a bounded cache of them: they never change, and every lease and commit
// needs one.
#ifndef ASSAY_COORDINATOR_STORE_DATASET_H_
#define ASSAY_COORDINATOR_STORE_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "common/domain/item.h"

namespace assay {

class DatasetStore;

// Immutable; thread-safe.
class Dataset {
 public:
  // `items` as Benchmark::Parse gives them: items[i].ordinal is i, and the items of a group follow
  // one another. Otherwise an Internal error that names the item.
  static absl::StatusOr<std::shared_ptr<const Dataset>> Create(std::vector<Item> items);

  absl::Span<const Item> items() const { return items_; }
  // Groups in order of their items.
  const std::vector<std::string>& groups() const { return groups_; }
  // The items of both splits; empty for an unknown group.
  absl::Span<const Item> Group(absl::string_view group) const;
  // Null for an ordinal that there is not.
  const Item* Find(int64_t ordinal) const;
  // Whether any item has a passage, which others may have too.
  bool has_passages() const { return has_passages_; }
  // About what it takes of memory.
  size_t bytes() const { return bytes_; }

 private:
  Dataset() = default;

  std::vector<Item> items_;
  std::vector<std::string> groups_;
  std::map<std::string, std::pair<size_t, size_t>, std::less<>> ranges_;  // group -> first, count
  size_t bytes_ = 0;
  bool has_passages_ = false;
};

// Thread-safe. The least recently used datasets go when all together pass `capacity_bytes`; whoever
// holds one keeps it.
class DatasetCache {
 public:
  DatasetCache(DatasetStore* store, size_t capacity_bytes);

  // NotFound when there is no such dataset.
  absl::StatusOr<std::shared_ptr<const Dataset>> Get(const std::string& benchmark,
                                                     const std::string& sha256);

 private:
  using Key = std::pair<std::string, std::string>;
  struct Entry {
    std::shared_ptr<const Dataset> dataset;
    std::list<Key>::iterator use;
  };

  DatasetStore* const store_;
  const size_t capacity_;
  absl::Mutex mutex_;
  std::map<Key, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  std::list<Key> uses_ ABSL_GUARDED_BY(mutex_);  // the latest first
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_DATASET_H_
