#include "client/up/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr off_t kLargestLog = off_t{16} << 20;

absl::Status PathError(absl::string_view what, const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " ", path));
}

// Takes the lock, or says who has it.
absl::StatusOr<int> Lock(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/up.lock");
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return PathError("open", path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    [[maybe_unused]] const ssize_t got = pread(fd, holder, sizeof holder - 1, 0);
    close(fd);
    return absl::FailedPreconditionError(
        absl::StrCat("`assay up` is running on ", folder, " already, as process ",
                     absl::StripAsciiWhitespace(holder),
                     ": stop that one, or choose another folder with --data"));
  }
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    absl::Status status = PathError("write", path);
    close(fd);
    return status;
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::string> DefaultDataFolder() {
  if (geteuid() == 0) return "/var/lib/assay";
  const char* data_home = std::getenv("XDG_DATA_HOME");
  if (data_home != nullptr && *data_home == '/') return absl::StrCat(data_home, "/assay");
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') {
    return absl::InvalidArgumentError("HOME is not set: name the data folder with --data");
  }
  return absl::StrCat(home, "/.local/share/assay");
}

absl::StatusOr<DataFolder> DataFolder::Open(const std::string& path) {
  std::error_code error;
  std::filesystem::path absolute = std::filesystem::absolute(path, error).lexically_normal();
  if (!error && absolute.filename().empty()) absolute = absolute.parent_path();
  if (!error) std::filesystem::create_directories(absolute, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot make the data folder ", path, ": ", error.message()));
  }
  const std::string folder = absolute.string();
  ASSAY_ASSIGN_OR_RETURN(const int lock_fd, Lock(folder));
  DataFolder data(folder, lock_fd);
  ASSAY_ASSIGN_OR_RETURN(const SystemUser user, CurrentUser());
  // Passable, so that the cluster's own user reaches its folders; what is inside keeps its own
  // permissions.
  ASSAY_RETURN_IF_ERROR(MakeFolder(folder, user, 0711));
  ASSAY_RETURN_IF_ERROR(MakeFolder(absl::StrCat(folder, "/log"), user, 0700));
  return data;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataFolder::~DataFolder() {
  if (lock_fd_ >= 0) close(lock_fd_);
}

absl::Status MakeFolder(const std::string& path, const SystemUser& owner, mode_t mode) {
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return PathError("make", path);
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return PathError("read", path);
  if (!S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is not a folder"));
  }
  if ((info.st_uid != owner.uid || info.st_gid != owner.gid) &&
      chown(path.c_str(), owner.uid, owner.gid) != 0) {
    return PathError(absl::StrCat("give to the user ", owner.name, " the folder"), path);
  }
  if ((info.st_mode & 07777) != mode && chmod(path.c_str(), mode) != 0) {
    return PathError("set the permissions of", path);
  }
  return absl::OkStatus();
}

absl::StatusOr<int> OpenLog(const std::string& path) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && info.st_size > kLargestLog) {
    if (rename(path.c_str(), absl::StrCat(path, ".old").c_str()) != 0) {
      return PathError("put aside", path);
    }
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  if (fd < 0) return PathError("open", path);
  return fd;
}

std::string LastLines(const std::string& path, int lines) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return "";
  const absl::string_view all = absl::StripSuffix(*text, "\n");
  size_t start = all.size();
  for (int i = 0; i < lines && start != std::string::npos && start > 0; ++i) {
    start = all.rfind('\n', start - 1);
  }
  if (start == std::string::npos) return std::string(all);
  return std::string(all.substr(start == 0 ? 0 : start + 1));
}

}  // namespace assay
