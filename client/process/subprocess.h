// Programs started by fork and exec.
#ifndef ASSAY_CLIENT_PROCESS_SUBPROCESS_H_
#define ASSAY_CLIENT_PROCESS_SUBPROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace assay {

struct SystemUser {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
};
// NotFound when there is no such user.
absl::StatusOr<SystemUser> FindUser(const std::string& name);
// Whom this process acts as.
absl::StatusOr<SystemUser> CurrentUser();

struct Command {
  std::vector<std::string> arguments;  // the first: a path, or a name that is looked up in PATH
  std::vector<std::pair<std::string, std::string>> environment;  // on top of ours
  std::string directory;                                         // to run in; empty: ours
  std::optional<SystemUser> user;  // to run as, with that user's groups; only root can
};

struct SpawnOptions {
  int output_fd = -1;  // stdout and stderr; -1: /dev/null
  int error_fd = -1;   // stderr, when it is another; -1: output_fd
  // Sent by the kernel when the thread that called Spawn ends, however it ends. 0: none.
  int death_signal = 0;
  // A process group of its own: a terminal's Ctrl-C does not reach it.
  bool own_group = false;
};

// Starts it with an empty signal mask, default signal actions and stdin from /dev/null. An error
// when the program could not be executed. The caller waits for the process.
absl::StatusOr<pid_t> Spawn(const Command& command, const SpawnOptions& options);

struct CommandResult {
  int wait_status = 0;  // as of waitpid
  std::string output;   // stdout
  std::string error;    // stderr
  bool succeeded() const { return wait_status == 0; }
};
// Runs it to its end. It dies with the calling thread.
absl::StatusOr<CommandResult> RunCommand(const Command& command);

// "exit status 3", "killed by signal 9 (Killed)".
std::string DescribeExit(int wait_status);

// The program `name`: what the environment variable `variable` says, or a file beside this
// program's own, or the bare name, for PATH to find.
std::string FindSibling(const std::string& name, const char* variable);

}  // namespace assay

#endif  // ASSAY_CLIENT_PROCESS_SUBPROCESS_H_
