#include "worker/sandbox/launcher/process_tree.h"

#include <dirent.h>
#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

namespace assay {
namespace {

// The numbers that are names in a folder of /proc.
std::vector<pid_t> NumbersIn(const std::string& folder) {
  std::vector<pid_t> numbers;
  std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(folder.c_str()), closedir);
  if (directory == nullptr) return numbers;
  while (const dirent* entry = readdir(directory.get())) {
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0]))) {
      numbers.push_back(static_cast<int>(std::strtol(entry->d_name, nullptr, 10)));
    }
  }
  return numbers;
}

void AppendChildren(pid_t pid, std::vector<pid_t>& pids) {
  const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
  for (pid_t task : NumbersIn(tasks)) {
    std::ifstream children(tasks + "/" + std::to_string(task) + "/children");
    for (pid_t child; children >> child;) pids.push_back(child);
  }
}

// The number after "NAME:" in a /proc/PID/status, or 0.
int64_t StatusField(pid_t pid, std::string_view name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::strtoll(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

}  // namespace

std::vector<pid_t> Descendants() {
  std::vector<pid_t> pids;
  AppendChildren(getpid(), pids);
  for (size_t i = 0; i < pids.size(); ++i) AppendChildren(pids[i], pids);
  return pids;
}

int64_t ResidentBytes(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  int64_t kibibytes = 0;
  for (std::string line; std::getline(status, line);) {
    for (std::string_view name : {"RssAnon:", "RssShmem:"}) {
      if (line.starts_with(name))
        kibibytes += std::strtoll(line.c_str() + name.size(), nullptr, 10);
    }
  }
  return kibibytes * 1024;
}

int64_t TasksOfUser(uid_t user) {
  int64_t tasks = 0;
  for (pid_t pid : NumbersIn("/proc")) {
    if (StatusField(pid, "Uid:") == static_cast<int64_t>(user)) {
      tasks += StatusField(pid, "Threads:");
    }
  }
  return tasks;
}

}  // namespace assay
