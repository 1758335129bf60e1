// Files, with errors that name the path and the reason.
#ifndef ASSAY_COMMON_BASE_FILE_H_
#define ASSAY_COMMON_BASE_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

absl::StatusOr<std::string> ReadFile(const std::string& path);
// Replaces the file in one step: readers see the old or the new content, never a part.
absl::Status WriteFile(const std::string& path, absl::string_view content);

// A file mapped read-only; the bytes stay valid as long as the object lives.
// Movable, thread-safe to read. Whoever shortens the file underneath makes reads fail with SIGBUS,
// as for every mapping.
class MappedFile {
 public:
  static absl::StatusOr<MappedFile> Open(const std::string& path);
  MappedFile() = default;
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  absl::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  const std::string& path() const { return path_; }
  // Gives the memory of what was read back to the system; reading it again takes it anew.
  void ReleaseMemory() const;

 private:
  std::string path_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace assay

#endif  // ASSAY_COMMON_BASE_FILE_H_
