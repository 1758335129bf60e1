#include "worker/sandbox/launcher_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "worker/sandbox/protocol/messages.h"

namespace assay {
namespace {

// A posix_spawn's settings, which must be freed.
struct SpawnSettings {
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

absl::StatusOr<pid_t> StartLauncher(const std::string& path, const Descriptor& request,
                                    const Descriptor& report, const Descriptor& lifeline) {
  // The numbers they come with may be those that they go to, so all step out of the way first.
  constexpr int kClear = kLifelineDescriptor + 1;
  const Descriptor sources[] = {Duplicate(request, kClear), Duplicate(report, kClear),
                                Duplicate(lifeline, kClear)};
  constexpr int kNumbers[] = {kRequestDescriptor, kReportDescriptor, kLifelineDescriptor};
  SpawnSettings settings;
  for (int i = 0; i < 3; ++i) {
    if (!sources[i].valid()) return absl::ErrnoToStatus(errno, "duplicate a descriptor");
    posix_spawn_file_actions_adddup2(&settings.actions, sources[i].get(), kNumbers[i]);
  }
  // What was not opened by this program may lack the flag that closes it.
  posix_spawn_file_actions_addclosefrom_np(&settings.actions, kClear);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&settings.attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&settings.attributes, &signals);
  // A session of its own: an interrupt from the terminal is the worker's to handle.
  posix_spawnattr_setflags(&settings.attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  std::string name = "assay-sandbox";
  char* arguments[] = {name.data(), nullptr};
  char* no_environment[] = {nullptr};
  pid_t pid = 0;
  const int error = posix_spawn(&pid, path.c_str(), &settings.actions, &settings.attributes,
                                arguments, no_environment);
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("start ", path));
  return pid;
}

absl::StatusOr<std::string> AwaitReport(pid_t launcher, const Descriptor& report,
                                        absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  std::string bytes;
  std::array<char, 16 << 10> buffer;
  while (true) {
    const absl::Duration left = std::max(deadline - absl::Now(), absl::ZeroDuration());
    pollfd source = {report.get(), POLLIN, 0};
    const int ready = poll(&source, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (ready == 0) {
      kill(launcher, SIGKILL);
      Reap(launcher);
      return absl::DeadlineExceededError("the sandbox's launcher did not answer in time");
    }
    const ssize_t size = ready < 0 ? -1 : read(report.get(), buffer.data(), buffer.size());
    if (size > 0) bytes.append(buffer.data(), static_cast<size_t>(size));
    if (size == 0) break;
    if (size < 0 && errno != EINTR) {
      const absl::Status status = absl::ErrnoToStatus(errno, "read the launcher's report");
      kill(launcher, SIGKILL);
      Reap(launcher);
      return status;
    }
  }
  Reap(launcher);
  return bytes;
}

}  // namespace assay
