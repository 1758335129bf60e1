// What the sandbox and its launcher tell each other. Both are built from one tree and run on one
// machine, so a message is the fields' own bytes, one after the other.
#ifndef ASSAY_WORKER_SANDBOX_PROTOCOL_MESSAGES_H_
#define ASSAY_WORKER_SANDBOX_PROTOCOL_MESSAGES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "worker/sandbox/protocol/limits.h"
#include "worker/sandbox/protocol/outcome.h"

namespace assay {

struct LaunchRequest {
  bool namespaces = true;  // by bubblewrap; otherwise resource limits alone
  std::string bubblewrap;  // path
  // The command; the path of the file with `source` follows as its last argument.
  std::vector<std::string> interpreter;
  std::string source;
  bool prove_completion = false;
  std::vector<std::string> environment;  // NAME=value, besides the launcher's own
  std::vector<std::string> read_only_paths;
  std::string temporary_folder;  // where private folders are made without namespaces
  Limits limits;
};

struct LaunchReport {
  std::string error;  // why the program could not be run; empty when `outcome` holds
  Outcome outcome;
};

// Descriptors that the launcher is started with. The request is one file's whole content, the
// report everything that is written. The lifeline ends when the sandbox does or gives up: the
// launcher then kills the program.
inline constexpr int kRequestDescriptor = 3;
inline constexpr int kReportDescriptor = 4;
inline constexpr int kLifelineDescriptor = 5;

std::string Encode(const LaunchRequest& request);
std::string Encode(const LaunchReport& report);
// False when the bytes are no such message.
bool Decode(std::string_view bytes, LaunchRequest& request);
bool Decode(std::string_view bytes, LaunchReport& report);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_PROTOCOL_MESSAGES_H_
