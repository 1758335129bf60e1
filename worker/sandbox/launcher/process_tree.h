// The processes below this one, by /proc.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_PROCESS_TREE_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_PROCESS_TREE_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace assay {

// All processes below this one at about this moment. Since this process adopts orphans
// (PR_SET_CHILD_SUBREAPER), none gets out of the tree.
std::vector<pid_t> Descendants();

// What a process holds in memory that is not a file's; 0 when it is gone. Pages that a fork shares
// count for each of the two.
int64_t ResidentBytes(pid_t pid);

// Processes and threads of a user on this machine.
int64_t TasksOfUser(uid_t user);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_PROCESS_TREE_H_
