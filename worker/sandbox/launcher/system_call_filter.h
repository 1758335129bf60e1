// The system calls that a program in the sandbox may not use.
#ifndef ASSAY_WORKER_SANDBOX_LAUNCHER_SYSTEM_CALL_FILTER_H_
#define ASSAY_WORKER_SANDBOX_LAUNCHER_SYSTEM_CALL_FILTER_H_

#include <linux/filter.h>
#include <sys/types.h>

#include <optional>
#include <vector>

namespace assay {

// A seccomp program that refuses, with EPERM,
//   - what a computation does not need and the kernel has had most of its holes in: mounts,
//     namespaces, tracing, keys, bpf, io_uring, userfaultfd, clocks, modules;
//   - sockets other than Unix ones, so that there is no network even without a namespace for it;
//   - memory that is in no process: memfd, System V and POSIX IPC, shared anonymous mappings;
//   - changes of priority and of processors, by which a program could take time from the model.
// Calls by another table of numbers (32-bit, x32) end the process.
//
// `only_process`: where the program sees the processes of others (no namespaces), it may signal and
// limit this process and its own group only.
std::vector<sock_filter> SystemCallFilter(std::optional<pid_t> only_process);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_LAUNCHER_SYSTEM_CALL_FILTER_H_
