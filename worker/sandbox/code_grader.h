// Tells whether a Python program that ends with its own tests passes them, as HumanEval's do.
#ifndef ASSAY_WORKER_SANDBOX_CODE_GRADER_H_
#define ASSAY_WORKER_SANDBOX_CODE_GRADER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/sandbox/sandbox.h"

namespace assay {

struct CodeVerdict {
  enum class Kind { kPassed, kFailed, kTimedOut };
  Kind kind = Kind::kFailed;
  // Why it did not pass, in one line of printable ASCII: "AssertionError", "killed by signal 11".
  std::string reason;
};

// The program as HumanEval runs one, in an empty namespace of a module that is not "__main__", with
// what HumanEval's protocol allows: 3 s. Sets and dictionaries of strings have the same order in
// every run.
//
// It passes when its last statement ends without an exception. That is proved by statements which
// are not in the text that is run, and which a process forked off the program cannot reach; so a
// program that exits early, with whatever code, has failed. Code that is run in one process with
// its tests can still cheat on purpose: return an object that equals everything, or look for the
// proof in its caller's frames. No grader of this kind can tell.
Program MakeGradedProgram(absl::string_view python);

CodeVerdict JudgeOutcome(const Outcome& outcome);

// Runs it in the sandbox, whose errors these are. Thread-safe.
absl::StatusOr<CodeVerdict> GradeCode(Sandbox& sandbox, absl::string_view python);

}  // namespace assay

#endif  // ASSAY_WORKER_SANDBOX_CODE_GRADER_H_
