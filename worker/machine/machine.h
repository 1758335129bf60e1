// What the worker is told by the machine it runs on (Linux).
#ifndef ASSAY_WORKER_MACHINE_MACHINE_H_
#define ASSAY_WORKER_MACHINE_MACHINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace assay {

std::string Hostname();

// The physical cores that this process may use: two hardware threads of a core count once, and a
// container's CPU quota (cgroup v2) is kept to. At least 1.
int PhysicalCores();
// One processor of each physical core that this process may use, whatever its quota, in order.
std::vector<int> ProcessorsOfCores();

// Memory of this process, in bytes: now, and the most since its start. 0 when the kernel does not
// say.
int64_t ResidentBytes();
int64_t PeakResidentBytes();
// Memory that programs can still take without swapping, within the container's limit (cgroup v2),
// in bytes; 0 when the kernel does not say.
int64_t AvailableBytes();

// Parts of the above, apart from the machine's own files.
// The value of a line such as "VmRSS:\t 1234 kB" of /proc/self/status, in bytes; 0 when there is
// none.
int64_t StatusBytes(absl::string_view status, absl::string_view key);
// What a container may still take by the texts of its memory.max and memory.current; the largest
// int64_t for no limit or an unreadable text.
int64_t LimitLeft(absl::string_view memory_max, absl::string_view memory_current);
// The cores that cpu.max ("200000 100000", "max 100000") allows, rounded up; 0 for no limit or an
// unreadable text.
int QuotaCores(absl::string_view cpu_max);

}  // namespace assay

#endif  // ASSAY_WORKER_MACHINE_MACHINE_H_
