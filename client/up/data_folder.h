// The folder that `assay up` keeps everything in, locked as long as it is used.
#ifndef ASSAY_CLIENT_UP_DATA_FOLDER_H_
#define ASSAY_CLIENT_UP_DATA_FOLDER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/process/subprocess.h"

namespace assay {

// /var/lib/assay for root, else $XDG_DATA_HOME/assay or ~/.local/share/assay.
absl::StatusOr<std::string> DefaultDataFolder();

// Layout: postgres/ (the cluster), run/ (socket, the coordinator's address), log/, up.lock.
// Movable.
class DataFolder {
 public:
  // Makes what is missing and takes the lock. FailedPrecondition names the process that holds it.
  static absl::StatusOr<DataFolder> Open(const std::string& path);
  DataFolder(DataFolder&& other) noexcept;
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

  const std::string& path() const { return path_; }  // absolute
  std::string postgres() const { return path_ + "/postgres"; }
  std::string run() const { return path_ + "/run"; }
  std::string log(const std::string& program) const { return path_ + "/log/" + program + ".log"; }

 private:
  DataFolder(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}
  std::string path_;
  int lock_fd_;
};

// Makes the folder where it is missing and gives it this owner and these permissions.
absl::Status MakeFolder(const std::string& path, const SystemUser& owner, mode_t mode);

// Opens a log for appending; one of more than 16 MiB is put aside as <path>.old first. The caller
// closes it.
absl::StatusOr<int> OpenLog(const std::string& path);
// The last `lines` lines of a file; empty when it cannot be read.
std::string LastLines(const std::string& path, int lines);

}  // namespace assay

#endif  // ASSAY_CLIENT_UP_DATA_FOLDER_H_
