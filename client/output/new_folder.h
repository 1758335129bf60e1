// A folder of results that is there whole or not at all.
#ifndef ASSAY_CLIENT_OUTPUT_NEW_FOLDER_H_
#define ASSAY_CLIENT_OUTPUT_NEW_FOLDER_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace assay {

// What becomes of a ".part" that a broken-off run has left.
enum class Leftovers : uint8_t {
  kRefuse,   // it might be of a run that goes on
  kReplace,  // it is deleted, with what is in it
};

// Filled under another name (its own with ".part" behind it), which goes away with what is in it
// unless Finish() gave it its own.
class NewFolder {
 public:
  // InvalidArgument when `path` is there and not empty, or cannot be made.
  static absl::StatusOr<NewFolder> Create(const std::string& path,
                                          Leftovers leftovers = Leftovers::kRefuse);
  NewFolder(NewFolder&& other) noexcept;
  NewFolder& operator=(NewFolder&&) = delete;
  ~NewFolder();

  std::string path() const { return partial_.string(); }  // to write to
  std::string final_path() const { return target_.string(); }
  // Once, after the last file.
  absl::Status Finish();

 private:
  NewFolder(std::filesystem::path target, std::filesystem::path partial)
      : target_(std::move(target)), partial_(std::move(partial)) {}

  std::filesystem::path target_;
  std::filesystem::path partial_;  // empty: finished, or moved from
};

}  // namespace assay

#endif  // ASSAY_CLIENT_OUTPUT_NEW_FOLDER_H_
