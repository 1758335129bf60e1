#include "client/output/new_folder.h"

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {

absl::StatusOr<NewFolder> NewFolder::Create(const std::string& path, Leftovers leftovers) {
  std::filesystem::path target = path;
  std::error_code error;
  if (std::filesystem::exists(target, error) && !std::filesystem::is_empty(target, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is there and not empty; name a folder that is not there yet"));
  }
  if (!target.has_filename()) target = target.parent_path();
  std::filesystem::path partial = target;
  partial += ".part";
  if (leftovers == Leftovers::kReplace) std::filesystem::remove_all(partial, error);
  if (!std::filesystem::create_directories(partial, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(partial.string(), ": cannot be made",
                     error ? ": " + error.message() : "; it is there already"));
  }
  return NewFolder(std::move(target), std::move(partial));
}

NewFolder::NewFolder(NewFolder&& other) noexcept
    : target_(std::move(other.target_)), partial_(std::exchange(other.partial_, {})) {}

NewFolder::~NewFolder() {
  std::error_code error;
  if (!partial_.empty()) std::filesystem::remove_all(partial_, error);
}

absl::Status NewFolder::Finish() {
  std::error_code error;
  std::filesystem::remove(target_, error);  // an empty folder, if anything
  std::filesystem::rename(partial_, target_, error);
  if (error) {
    return absl::UnknownError(
        absl::StrCat(target_.string(), ": cannot be given its name: ", error.message()));
  }
  partial_.clear();
  return absl::OkStatus();
}

}  // namespace assay
