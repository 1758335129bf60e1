#include "worker/sandbox/launcher/isolation.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>

#include "worker/sandbox/launcher/system_error.h"

namespace assay {
namespace {

constexpr uid_t kNobody = 65534;
constexpr gid_t kNogroup = 65534;

void WriteProcFile(const std::string& path, const std::string& text) {
  const int file = CheckCall(open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path);
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!written) ThrowErrno("write " + path);
  close(file);
}

}  // namespace

void DropRoot() {
  if (geteuid() != 0) return;
  CheckCall(setgroups(0, nullptr), "give up root's groups");
  CheckCall(setresgid(kNogroup, kNogroup, kNogroup), "become the group nogroup");
  CheckCall(setresuid(kNobody, kNobody, kNobody), "become the user nobody");
  // The change of user gave this process's files in /proc to root, the maps of users among them.
  CheckCall(prctl(PR_SET_DUMPABLE, 1), "own the files in /proc again");
}

void MakePrivateTemporaryFolder(const Limits& limits) {
  const std::string user = std::to_string(geteuid());
  const std::string group = std::to_string(getegid());
  CheckCall(unshare(CLONE_NEWUSER | CLONE_NEWNS), "make a user namespace");
  WriteProcFile("/proc/self/setgroups", "deny");
  WriteProcFile("/proc/self/uid_map", "0 " + user + " 1");
  WriteProcFile("/proc/self/gid_map", "0 " + group + " 1");
  CheckCall(mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make mounts private");
  // The folder itself takes one of the files.
  const std::string options = "mode=0777,size=" + std::to_string(limits.temporary_bytes) +
                              ",nr_inodes=" + std::to_string(limits.temporary_files + 1);
  CheckCall(mount("tmpfs", kPrivateTemporaryFolder, "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()),
            "mount a private /tmp");
}

}  // namespace assay
