#include "client/process/subprocess.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr int kMaxGroups = 256;

struct Pipe {
  int read = -1;
  int write = -1;
  ~Pipe() {
    CloseRead();
    CloseWrite();
  }
  void CloseRead() { CloseEnd(&read); }
  void CloseWrite() { CloseEnd(&write); }
  static void CloseEnd(int* fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
  }
  absl::Status Open() {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
    read = fds[0];
    write = fds[1];
    return absl::OkStatus();
  }
};

// All that the child needs, made before the fork: after it only async-signal-safe calls are
// allowed.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::array<gid_t, kMaxGroups> groups = {};
  int group_count = 0;
};

absl::StatusOr<Prepared> Prepare(const Command& command) {
  Prepared prepared;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string entry = *variable;
    bool replaced = false;
    for (const auto& [name, value] : command.environment) {
      replaced |= entry.rfind(absl::StrCat(name, "="), 0) == 0;
    }
    if (!replaced) prepared.environment.push_back(entry);
  }
  for (const auto& [name, value] : command.environment) {
    prepared.environment.push_back(absl::StrCat(name, "=", value));
  }
  for (std::string& entry : prepared.environment) prepared.envp.push_back(entry.data());
  prepared.envp.push_back(nullptr);
  for (const std::string& argument : command.arguments) {
    prepared.argv.push_back(const_cast<char*>(argument.c_str()));
  }
  prepared.argv.push_back(nullptr);
  if (command.user.has_value()) {
    prepared.group_count = kMaxGroups;
    if (getgrouplist(command.user->name.c_str(), command.user->gid, prepared.groups.data(),
                     &prepared.group_count) < 0) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the user ", command.user->name, " is in too many groups"));
    }
  }
  return prepared;
}

void ResetSignals() {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// In the child; returns only when a step failed, with errno set.
void BecomeProgram(const Command& command, const SpawnOptions& options, const Prepared& prepared,
                   pid_t parent) {
  ResetSignals();
  if (options.own_group && setpgid(0, 0) != 0) return;
  const int null = open("/dev/null", O_RDWR);
  if (null < 0) return;
  const int output = options.output_fd >= 0 ? options.output_fd : null;
  const int error = options.error_fd >= 0 ? options.error_fd : output;
  if (dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
      dup2(error, STDERR_FILENO) < 0) {
    return;
  }
  if (null > STDERR_FILENO) close(null);
  if (command.user.has_value() &&
      (setgroups(prepared.group_count, prepared.groups.data()) != 0 ||
       setgid(command.user->gid) != 0 || setuid(command.user->uid) != 0)) {
    return;
  }
  // After setuid, which would clear it.
  if (options.death_signal != 0) {
    if (prctl(PR_SET_PDEATHSIG, options.death_signal) != 0) return;
    if (getppid() != parent) _exit(127);  // it died before we asked
  }
  if (!command.directory.empty() && chdir(command.directory.c_str()) != 0) return;
  execvpe(prepared.argv[0], prepared.argv.data(), prepared.envp.data());
}

}  // namespace

absl::StatusOr<SystemUser> FindUser(const std::string& name) {
  errno = 0;
  const passwd* entry = getpwnam(name.c_str());
  if (entry == nullptr) {
    return absl::NotFoundError(absl::StrCat("there is no user \"", name, "\" on this machine"));
  }
  return SystemUser{name, entry->pw_uid, entry->pw_gid};
}

absl::StatusOr<SystemUser> CurrentUser() {
  const passwd* entry = getpwuid(geteuid());
  if (entry == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("the user of number ", geteuid(), " has no name on this machine"));
  }
  return SystemUser{entry->pw_name, entry->pw_uid, entry->pw_gid};
}

absl::StatusOr<pid_t> Spawn(const Command& command, const SpawnOptions& options) {
  if (command.arguments.empty()) return absl::InvalidArgumentError("no program to start");
  ASSAY_ASSIGN_OR_RETURN(const Prepared prepared, Prepare(command));
  Pipe failure;  // closed by a successful exec; otherwise errno comes through
  ASSAY_RETURN_IF_ERROR(failure.Open());
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return absl::ErrnoToStatus(errno, "cannot start a process");
  if (child == 0) {
    BecomeProgram(command, options, prepared, parent);
    const int error = errno;
    if (write(failure.write, &error, sizeof error) < 0) _exit(126);
    _exit(127);
  }
  failure.CloseWrite();
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(failure.read, &error, sizeof error);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof error) return child;
  waitpid(child, nullptr, 0);
  return absl::ErrnoToStatus(error, absl::StrCat("cannot run ", command.arguments[0]));
}

absl::StatusOr<CommandResult> RunCommand(const Command& command) {
  Pipe out, err;
  ASSAY_RETURN_IF_ERROR(out.Open());
  ASSAY_RETURN_IF_ERROR(err.Open());
  SpawnOptions options;
  options.output_fd = out.write;
  options.error_fd = err.write;
  options.death_signal = SIGKILL;
  ASSAY_ASSIGN_OR_RETURN(const pid_t pid, Spawn(command, options));
  out.CloseWrite();
  err.CloseWrite();
  CommandResult result;
  std::array<pollfd, 2> fds = {pollfd{out.read, POLLIN, 0}, pollfd{err.read, POLLIN, 0}};
  std::array<std::string*, 2> texts = {&result.output, &result.error};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) break;
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = read(fds[i].fd, buffer, sizeof buffer);
      if (got > 0) {
        texts[i]->append(buffer, static_cast<size_t>(got));
      } else if (got == 0 || errno != EINTR) {
        fds[i].fd = -1;  // poll leaves it out; Pipe closes it
      }
    }
  }
  while (waitpid(pid, &result.wait_status, 0) < 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, "cannot wait for a process");
  }
  return result;
}

std::string DescribeExit(int wait_status) {
  if (WIFSIGNALED(wait_status)) {
    const int signal = WTERMSIG(wait_status);
    const char* description = sigdescr_np(signal);
    return absl::StrCat("killed by signal ", signal, " (",
                        description == nullptr ? "unknown" : description, ")");
  }
  return absl::StrCat("exit status ", WEXITSTATUS(wait_status));
}

std::string FindSibling(const std::string& name, const char* variable) {
  if (const char* chosen = std::getenv(variable); chosen != nullptr && *chosen != '\0') {
    return chosen;
  }
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const std::filesystem::path sibling = self.parent_path() / name;
    if (access(sibling.c_str(), X_OK) == 0) return sibling.string();
  }
  return name;
}

}  // namespace assay
