// Programs of models, in the sandbox.
#ifndef ASSAY_WORKER_PROCESS_PROGRAM_SANDBOX_H_
#define ASSAY_WORKER_PROCESS_PROGRAM_SANDBOX_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "worker/sandbox/sandbox.h"
#include "worker/session/program_runner.h"

namespace assay {

// The sandbox is made when it is first needed. For Python programs that end with their tests, as
// worker/sandbox/code_grader.h runs them.
class ProgramSandbox : public ProgramRunner {
 public:
  explicit ProgramSandbox(SandboxOptions options) : options_(std::move(options)) {}

  absl::Status Check() override;
  absl::StatusOr<std::string> Run(std::string program) override;
  void Stop() override;

 private:
  // Made, if it is not there yet.
  absl::StatusOr<Sandbox*> Get();

  const SandboxOptions options_;
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Sandbox> sandbox_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_PROGRAM_SANDBOX_H_
