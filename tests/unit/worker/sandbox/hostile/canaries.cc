#include "tests/unit/worker/sandbox/hostile/canaries.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr uid_t kNobody = 65534;

std::string RandomSecret() {
  std::random_device random;
  return absl::StrCat("canary-", absl::Hex(random(), absl::kZeroPad8),
                      absl::Hex(random(), absl::kZeroPad8));
}

Descriptor Listen(const std::string& name) {
  Descriptor listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // The leading zero makes the name abstract.
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener.get(), 10) != 0) {
    throw std::runtime_error("cannot listen on an abstract socket");
  }
  return listener;
}

pid_t StartSleeper() {
  const pid_t pid = fork();
  if (pid == 0) {
    if (geteuid() == 0 && setresuid(kNobody, kNobody, kNobody) != 0) _exit(1);
    execl("/bin/sleep", "sleep", "1000", nullptr);
    _exit(1);
  }
  return pid;
}

}  // namespace

Canaries::Canaries()
    : secret_(RandomSecret()),
      folder_(absl::StrCat("/tmp/assay-canary-", getpid())),
      file_(folder_ + "/file"),
      socket_name_(absl::StrCat("assay-canary-", getpid())),
      socket_(Listen(socket_name_)) {
  setenv("ASSAY_CANARY_SECRET", secret_.c_str(), 1);
  process_ = StartSleeper();
  std::filesystem::create_directory(folder_);
  std::ofstream(file_) << secret_;
  chmod(folder_.c_str(), 0777);
  chmod(file_.c_str(), 0666);
}

Canaries::~Canaries() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  std::filesystem::remove_all(folder_);
}

std::vector<std::pair<std::string, std::string>> Canaries::Names() const {
  return {{"canary_file", file_},
          {"canary_pid", absl::StrCat(process_)},
          {"canary_socket", socket_name_},
          {"worker_pid", absl::StrCat(getpid())}};
}

std::string Canaries::Harm() const {
  std::string harm;
  std::ifstream file(file_);
  const std::string content((std::istreambuf_iterator<char>(file)), {});
  if (content != secret_) absl::StrAppend(&harm, "the file was changed; ");
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    if (entry.path() != file_) absl::StrAppend(&harm, "there is a new file; ");
  }
  int status = 0;
  if (waitpid(process_, &status, WNOHANG | WUNTRACED) != 0) {
    absl::StrAppend(&harm, "the process was ended or stopped; ");
  }
  if (accept(socket_.get(), nullptr, nullptr) >= 0) {
    absl::StrAppend(&harm, "the socket was connected to; ");
  }
  return harm;
}

void AdoptOrphans() {
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) throw std::runtime_error("cannot adopt orphans");
}

std::vector<pid_t> Children() {
  std::vector<pid_t> children;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "children");
    for (pid_t child; file >> child;) children.push_back(child);
  }
  return children;
}

std::vector<pid_t> ProcessesWith(const std::string& text) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "environ");
    const std::string environment((std::istreambuf_iterator<char>(file)), {});
    if (environment.find(text) != std::string::npos) {
      found.push_back(std::atoi(entry.path().filename().c_str()));
    }
  }
  return found;
}

}  // namespace assay
