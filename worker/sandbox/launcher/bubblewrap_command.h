// The command line of bubblewrap for one program.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_BUBBLEWRAP_COMMAND_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_BUBBLEWRAP_COMMAND_H_

#include <string>
#include <vector>

#include "worker/sandbox/protocol/messages.h"

namespace assay {

// Open descriptors that bubblewrap reads or writes; it closes them before the program starts.
struct BubblewrapDescriptors {
  int source = -1;  // the program's text
  int filter = -1;  // its seccomp program
  int status = -1;  // gets JSON: "exit-code" when the program was started and has ended
};

// The program sees /usr, the links into it, what the dynamic linker needs of /etc, its own text as
// /program, `read_only_paths`, all read-only; /dev/null and sources of random numbers; a /proc of
// its own processes; and the private /tmp, in which it starts. Nothing else of the machine's files
// is there.
std::vector<std::string> BubblewrapCommand(const LaunchRequest& request,
                                           const BubblewrapDescriptors& descriptors);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_BUBBLEWRAP_COMMAND_H_
