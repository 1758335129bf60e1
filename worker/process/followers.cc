#include "worker/process/followers.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace assay {

absl::StatusOr<Rendezvous> ParseRendezvous(absl::string_view text) {
  const size_t colon = text.rfind(':');
  Rendezvous rendezvous;
  if (colon == absl::string_view::npos || colon == 0 ||
      !absl::SimpleAtoi(text.substr(colon + 1), &rendezvous.port) || rendezvous.port < 1 ||
      rendezvous.port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no HOST:PORT"));
  }
  rendezvous.host = std::string(text.substr(0, colon));
  return rendezvous;
}

Followers::~Followers() {
  for (const pid_t process : processes_) waitpid(process, nullptr, 0);
}

absl::Status Followers::Start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"assay-worker"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t process = 0;
  const int error =
      posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, pointers.data(), environ);
  if (error != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("cannot start a process of the group: ", std::strerror(error)));
  }
  processes_.push_back(process);
  return absl::OkStatus();
}

}  // namespace assay
