// The process of the launcher, started and ended by the sandbox.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_PROCESS_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_PROCESS_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/sandbox/protocol/descriptor.h"

namespace assay {

// Starts `path` in a session of its own with these descriptors at their numbers (messages.h), and
// no others but the standard ones. Without fork, so safe and quick in a large process of many
// threads.
absl::StatusOr<pid_t> StartLauncher(const std::string& path, const Descriptor& request,
                                    const Descriptor& report, const Descriptor& lifeline);

// What the launcher writes until its end. DeadlineExceeded after `patience`: it is killed then, and
// the program with it.
absl::StatusOr<std::string> AwaitReport(pid_t launcher, const Descriptor& report,
                                        absl::Duration patience);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_PROCESS_H_
