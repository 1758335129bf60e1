#include "common/catalog/declaration_cache.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {

std::shared_ptr<const Benchmark> DeclarationCache::Find(const std::string& sha256) {
  absl::MutexLock lock(&mutex_);
  const auto found = std::find_if(read_.begin(), read_.end(),
                                  [&sha256](const auto& entry) { return entry.first == sha256; });
  if (found == read_.end()) return nullptr;
  read_.splice(read_.begin(), read_, found);
  return found->second;
}

absl::StatusOr<std::shared_ptr<const Benchmark>> DeclarationCache::Read(const std::string& path,
                                                                        const std::string& text,
                                                                        const std::string& sha256) {
  if (std::shared_ptr<const Benchmark> found = Find(sha256); found != nullptr) return found;
  if (Sha256Hex(text) != sha256) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": the text's sha256 is not ", sha256, ", which is asked for"));
  }
  ASSAY_ASSIGN_OR_RETURN(std::shared_ptr<const Benchmark> benchmark,
                         DeclaredBenchmark::Read(path, text));
  absl::MutexLock lock(&mutex_);
  read_.emplace_front(sha256, benchmark);
  if (read_.size() > kMost) read_.pop_back();
  return benchmark;
}

}  // namespace assay
