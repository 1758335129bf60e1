#include "worker/process/program_sandbox.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/domain/prediction.h"
#include "worker/sandbox/code_grader.h"

namespace assay {

absl::StatusOr<Sandbox*> ProgramSandbox::Get() {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return absl::CancelledError("the worker is shutting down");
  if (sandbox_ == nullptr) {
    ASSAY_ASSIGN_OR_RETURN(sandbox_, Sandbox::Create(options_));
  }
  return sandbox_.get();
}

absl::Status ProgramSandbox::Check() { return Get().status(); }

absl::StatusOr<std::string> ProgramSandbox::Run(std::string program) {
  ASSAY_ASSIGN_OR_RETURN(Sandbox* const sandbox, Get());
  ASSAY_ASSIGN_OR_RETURN(const CodeVerdict verdict, GradeCode(*sandbox, program));
  switch (verdict.kind) {
    case CodeVerdict::Kind::kPassed:
      return kProgramPassed;
    case CodeVerdict::Kind::kFailed:
      return absl::StrCat("failed: ", verdict.reason);
    case CodeVerdict::Kind::kTimedOut:
      return absl::StrCat("timed out: ", verdict.reason);
  }
  return absl::InternalError("a verdict of an unknown kind");
}

void ProgramSandbox::Stop() {
  Sandbox* sandbox = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    sandbox = sandbox_.get();  // it stays until the end
  }
  if (sandbox != nullptr) sandbox->Stop();
}

}  // namespace assay
