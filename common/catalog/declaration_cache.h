// Benchmarks of users' declarations, each read once.
#ifndef ASSAY_COMMON_CATALOG_DECLARATION_CACHE_H_
#define ASSAY_COMMON_CATALOG_DECLARATION_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/benchmark/benchmark.h"

namespace assay {

// Thread-safe. Keeps the benchmarks that were asked for last; whoever holds one keeps it.
class DeclarationCache {
 public:
  // Null when it is not here.
  std::shared_ptr<const Benchmark> Find(const std::string& sha256);
  // The benchmark that the text declares. InvalidArgument when its digest is not `sha256`, or with
  // what is wrong with the text, which the messages call `path`.
  absl::StatusOr<std::shared_ptr<const Benchmark>> Read(const std::string& path,
                                                        const std::string& text,
                                                        const std::string& sha256);

 private:
  static constexpr size_t kMost = 64;

  absl::Mutex mutex_;
  // By digest, the latest use first.
  std::list<std::pair<std::string, std::shared_ptr<const Benchmark>>> read_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_COMMON_CATALOG_DECLARATION_CACHE_H_
