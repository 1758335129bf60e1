// The other processes of a group on this machine, started by the first one.
#ifndef ASSAY_WORKER_PROCESS_FOLLOWERS_H_
#define ASSAY_WORKER_PROCESS_FOLLOWERS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// "HOST:PORT" of the first process of a group. InvalidArgument for anything else.
struct Rendezvous {
  std::string host;
  int port = 0;
};
absl::StatusOr<Rendezvous> ParseRendezvous(absl::string_view text);

class Followers {
 public:
  Followers() = default;
  // Waits for their end; they end when the first process tells them to or is not there any more.
  ~Followers();
  Followers(const Followers&) = delete;
  Followers& operator=(const Followers&) = delete;

  // One more process of this program with these arguments.
  absl::Status Start(const std::vector<std::string>& arguments);

 private:
  std::vector<pid_t> processes_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_FOLLOWERS_H_
