// What the launcher does to itself before a program starts below it.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_ISOLATION_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_ISOLATION_H_

#include "worker/sandbox/protocol/limits.h"

namespace assay {

// As root, becomes the user nobody for good; another user stays what it is. The kernel does not
// hold root to a limit of processes, and whatever escapes should not be root.
void DropRoot();

// Where MakePrivateTemporaryFolder mounts: a folder that every machine has, and that neither
// bubblewrap nor a program in it has a use for.
inline constexpr char kPrivateTemporaryFolder[] = "/sys";

// Moves this process into a user and a mount namespace of its own, with a fresh memory file system
// of bounded size and number of files, which bubblewrap's own has not. It is gone with the last
// process that sees it.
void MakePrivateTemporaryFolder(const Limits& limits);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_ISOLATION_H_
