#include "worker/sandbox/launcher/private_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "worker/sandbox/launcher/system_error.h"
#include "worker/sandbox/protocol/descriptor.h"

namespace assay {
namespace {

// Runs a tool of the system to its end; true when it succeeded. coreutils' tools walk trees that
// are deeper than any path or stack, and never through a link.
bool RunTool(std::vector<const char*> command) {
  command.push_back(nullptr);
  const pid_t pid = CheckCall(fork(), "fork");
  if (pid == 0) {
    const int nowhere = open("/dev/null", O_RDWR);
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    execv(command[0], const_cast<char* const*>(command.data()));
    _exit(127);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) ThrowErrno("wait for a tool");
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

PrivateFolder::PrivateFolder(const std::string& parent) : path_(parent + "/assay-sandbox-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) ThrowErrno("make a private folder in " + parent);
}

PrivateFolder::~PrivateFolder() {
  try {
    Remove();
  } catch (const std::exception&) {
    // Only on the way of another error, which is the one to report.
  }
}

std::string PrivateFolder::AddFile(const std::string& name, const std::string& content) {
  std::string path = path_ + "/" + name;
  const Descriptor file(CheckCall(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400),
                                  "create " + path));
  if (!WriteAll(file.get(), content)) ThrowErrno("write " + path);
  return path;
}

std::string PrivateFolder::AddFolder(const std::string& name) {
  std::string path = path_ + "/" + name;
  CheckCall(mkdir(path.c_str(), 0700), "make the folder " + path);
  return path;
}

void PrivateFolder::Remove() {
  if (path_.empty()) return;
  const std::string path = std::exchange(path_, "");
  if (RunTool({"/bin/rm", "-rf", "--", path.c_str()})) return;
  // Folders whose own permissions are in the way.
  RunTool({"/bin/chmod", "-R", "u+rwx", "--", path.c_str()});
  if (!RunTool({"/bin/rm", "-rf", "--", path.c_str()})) {
    throw std::runtime_error("cannot remove " + path + ": remove it by hand");
  }
}

}  // namespace assay
