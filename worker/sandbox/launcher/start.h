// Starts a program with its limits and the pipes to it.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_START_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_START_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "worker/sandbox/protocol/descriptor.h"
#include "worker/sandbox/protocol/limits.h"

namespace assay {

struct StartPlan {
  std::vector<std::string> command;      // the first word is a path
  std::vector<std::string> environment;  // all of it
  std::string working_folder = "/";
  std::vector<int> inherited;  // descriptors that stay open
  Limits limits;
  // RLIMIT_NPROC, which counts the user's processes, not the program's alone.
  int64_t process_limit = 0;
  // Forbids new privileges and installs SystemCallFilter for the process alone. With namespaces
  // bubblewrap does both later, since it needs what they forbid.
  bool install_filter = false;
  bool prove_completion = false;
};

struct StartedProgram {
  pid_t pid = 0;
  Descriptor output;  // read ends, non-blocking
  Descriptor error;
  // Our end of the socket that is the program's descriptor 3 when it is to prove its completion.
  Descriptor proof;
  std::string expected_proof;  // empty when none was asked for
};

// Throws when the command could not be executed. The program leads a session of its own, has
// /dev/null as its input, no blocked or ignored signals, and is killed when this process ends.
StartedProgram Start(const StartPlan& plan);

// What every program finds in its environment, then what `more` adds.
std::vector<std::string> ProgramEnvironment(const std::string& temporary_folder,
                                            const std::vector<std::string>& more);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_START_H_
