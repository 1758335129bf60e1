// Runs the programs that models write.
#ifndef ASSAY_WORKER_SESSION_PROGRAM_RUNNER_H_
#define ASSAY_WORKER_SESSION_PROGRAM_RUNNER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace assay {

// Thread-safe.
class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;
  // An error when this worker cannot run programs: the reason, and what to do about it.
  virtual absl::Status Check() = 0;
  // Waits for the program's end, whatever it does. kProgramPassed when its last statement was
  // reached; otherwise why not, in one line of ASCII. An error: it could not be run; Cancelled
  // after Stop.
  virtual absl::StatusOr<std::string> Run(std::string program) = 0;
  // Kills what runs and refuses what comes. Safe twice.
  virtual void Stop() = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_PROGRAM_RUNNER_H_
