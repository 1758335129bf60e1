#include "worker/machine/machine.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

// Files of /proc and /sys have no size and may be missing; empty then.
std::string ReadKernelFile(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

std::string Hostname() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

std::vector<int> ProcessorsOfCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> processors;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return processors;
  // A core is named by the list of its hardware threads, which is the same text for each of them.
  std::set<std::string> siblings;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string list = ReadKernelFile(
        absl::StrCat("/sys/devices/system/cpu/cpu", cpu, "/topology/thread_siblings_list"));
    if (siblings.insert(list.empty() ? absl::StrCat(cpu) : list).second) processors.push_back(cpu);
  }
  return processors;
}

int PhysicalCores() {
  int cores = static_cast<int>(ProcessorsOfCores().size());
  const int quota = QuotaCores(ReadKernelFile("/sys/fs/cgroup/cpu.max"));
  if (quota > 0) cores = std::min(cores, quota);
  return std::max(cores, 1);
}

int64_t ResidentBytes() { return StatusBytes(ReadKernelFile("/proc/self/status"), "VmRSS"); }

int64_t PeakResidentBytes() { return StatusBytes(ReadKernelFile("/proc/self/status"), "VmHWM"); }

int64_t AvailableBytes() {
  return std::min(StatusBytes(ReadKernelFile("/proc/meminfo"), "MemAvailable"),
                  LimitLeft(ReadKernelFile("/sys/fs/cgroup/memory.max"),
                            ReadKernelFile("/sys/fs/cgroup/memory.current")));
}

int64_t LimitLeft(absl::string_view memory_max, absl::string_view memory_current) {
  int64_t most = 0, current = 0;
  if (!absl::SimpleAtoi(memory_max, &most) || !absl::SimpleAtoi(memory_current, &current)) {
    return std::numeric_limits<int64_t>::max();
  }
  return std::max<int64_t>(0, most - current);
}

int64_t StatusBytes(absl::string_view status, absl::string_view key) {
  for (absl::string_view line : absl::StrSplit(status, '\n')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.size() != 2 || parts[0] != key) continue;
    absl::string_view value = absl::StripAsciiWhitespace(parts[1]);
    int64_t kibibytes = 0;
    if (absl::EndsWith(value, " kB") &&
        absl::SimpleAtoi(value.substr(0, value.size() - 3), &kibibytes)) {
      return kibibytes * 1024;
    }
  }
  return 0;
}

int QuotaCores(absl::string_view cpu_max) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(cpu_max), ' ');
  int64_t quota = 0;
  int64_t period = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &quota) ||
      !absl::SimpleAtoi(parts[1], &period) || quota <= 0 || period <= 0) {
    return 0;
  }
  return static_cast<int>(std::min<int64_t>((quota + period - 1) / period, CPU_SETSIZE));
}

}  // namespace assay
