#include "worker/sandbox/launcher/bubblewrap_command.h"

#include <filesystem>
#include <initializer_list>
#include <string_view>
#include <system_error>

#include "worker/sandbox/launcher/isolation.h"

namespace assay {
namespace {

constexpr char kProgramPath[] = "/program";

void Append(std::vector<std::string>& command, std::initializer_list<std::string_view> words) {
  command.insert(command.end(), words.begin(), words.end());
}

// /bin, /lib and the like are links into /usr on most systems and folders on others.
void AppendSystemFolders(std::vector<std::string>& command) {
  Append(command, {"--ro-bind", "/usr", "/usr"});
  for (const std::string folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code ignored;
    const auto status = std::filesystem::symlink_status(folder, ignored);
    if (status.type() == std::filesystem::file_type::symlink) {
      const std::string target = std::filesystem::read_symlink(folder, ignored).string();
      Append(command, {"--symlink", target, folder});
    } else if (status.type() == std::filesystem::file_type::directory) {
      Append(command, {"--ro-bind", folder, folder});
    }
  }
  for (const std::string path : {"/etc/alternatives", "/etc/ld.so.cache"}) {
    Append(command, {"--ro-bind-try", path, path});
  }
}

}  // namespace

std::vector<std::string> BubblewrapCommand(const LaunchRequest& request,
                                           const BubblewrapDescriptors& descriptors) {
  std::vector<std::string> command = {request.bubblewrap};
  Append(command, {"--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net",
                   "--unshare-uts", "--unshare-cgroup-try"});
  Append(command, {"--die-with-parent", "--new-session", "--hostname", "sandbox"});
  Append(command, {"--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"});
  Append(command, {"--seccomp", std::to_string(descriptors.filter)});
  Append(command, {"--json-status-fd", std::to_string(descriptors.status)});
  AppendSystemFolders(command);
  Append(command,
         {"--perms", "0444", "--ro-bind-data", std::to_string(descriptors.source), kProgramPath});
  // Not bubblewrap's --dev: its /dev/shm is unbounded, and /dev/zero gives memory that no process's
  // size shows.
  Append(command, {"--dir", "/dev"});
  for (const std::string device : {"/dev/null", "/dev/random", "/dev/urandom"}) {
    Append(command, {"--dev-bind", device, device});
  }
  Append(command, {"--symlink", "/proc/self/fd", "/dev/fd"});
  Append(command,
         {"--proc", "/proc", "--bind", kPrivateTemporaryFolder, "/tmp", "--chdir", "/tmp"});
  // After /tmp, for they may lie in the machine's own.
  for (const std::string& path : request.read_only_paths) {
    Append(command, {"--ro-bind", path, path});
  }
  Append(command, {"--remount-ro", "/"});
  command.insert(command.end(), request.interpreter.begin(), request.interpreter.end());
  command.push_back(kProgramPath);
  return command;
}

}  // namespace assay
