// Things beside the sandbox that hostile programs must not reach.
#ifndef ASSAY_TESTS_UNIT_WORKER_SANDBOX_HOSTILE_CANARIES_H_
#define ASSAY_TESTS_UNIT_WORKER_SANDBOX_HOSTILE_CANARIES_H_

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "worker/sandbox/protocol/descriptor.h"

namespace assay {

// A file that anybody may write, a process of the user that the programs run as, a Unix socket that
// anybody may connect to, and a secret in the file and in this process's environment.
class Canaries {
 public:
  Canaries();
  ~Canaries();

  const std::string& secret() const { return secret_; }
  const std::string& file() const { return file_; }
  pid_t process() const { return process_; }
  // Of ReadHostilePrograms.
  std::vector<std::pair<std::string, std::string>> Names() const;

  // What has happened to them; empty when nothing has.
  std::string Harm() const;

 private:
  const std::string secret_;
  const std::string folder_;
  const std::string file_;
  const std::string socket_name_;
  Descriptor socket_;
  pid_t process_ = 0;
};

// This process adopts whatever outlives the sandbox's launchers.
void AdoptOrphans();
// The children of this process.
std::vector<pid_t> Children();
// Processes whose environment holds this text.
std::vector<pid_t> ProcessesWith(const std::string& text);

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_SANDBOX_HOSTILE_CANARIES_H_
