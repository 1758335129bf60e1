#include "worker/sandbox/code_grader.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr std::chrono::milliseconds kWallTime{3000};
// A program that forks without end gets that much less of the processors that the model needs.
constexpr int64_t kProcesses = 8;
constexpr size_t kReasonBytes = 200;

// $0 is the program in hexadecimal digits, so that nothing in it can end the text early. The names
// that are used after it are fetched before it: it may replace them in their modules.
constexpr char kDriver[] = R"(
def drive():
    import os, sys
    exit, flush, getpid, read, write = os._exit, sys.stdout.flush, os.getpid, os.read, os.write
    process = getpid()
    os.set_inheritable(3, False)
    sys.argv = ["program.py"]
    del sys.path[0]
    exec(compile(bytes.fromhex("$0"), "program.py", "exec"), {})
    if getpid() == process:
        write(3, read(3, 64)[::-1])
    flush()
    exit(0)


drive()
)";

std::string LastLine(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  // rfind gives npos where there is one line, and npos + 1 is 0.
  text.remove_prefix(text.rfind('\n') + 1);
  std::string line(text.substr(0, kReasonBytes));
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return !absl::ascii_isprint(c); }, '?');
  return line;
}

std::string WhyItFailed(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kExited: {
      std::string error = LastLine(outcome.standard_error);
      if (outcome.exit_code != 0 && !error.empty()) return error;
      return absl::StrCat("ended before its tests did, with exit code ", outcome.exit_code);
    }
    case Outcome::Kind::kSignaled:
      return absl::StrCat("killed by signal ", outcome.signal);
    case Outcome::Kind::kWallTime:
      return absl::StrCat("took more than ", kWallTime.count(), " ms");
    case Outcome::Kind::kCpuTime:
      return "used more than its CPU time";
    case Outcome::Kind::kMemory:
      return "used more than its memory";
    case Outcome::Kind::kOutput:
      return "printed more than it may";
  }
  return "";
}

}  // namespace

Program MakeGradedProgram(absl::string_view python) {
  return {.interpreter = {"/usr/bin/python3", "-s", "-S"},
          .source = absl::Substitute(kDriver, absl::BytesToHexString(python)),
          .prove_completion = true,
          .environment = {"PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1"},
          .limits = {.wall_time = kWallTime, .processes = kProcesses}};
}

CodeVerdict JudgeOutcome(const Outcome& outcome) {
  const bool ended_well = outcome.kind == Outcome::Kind::kExited && outcome.exit_code == 0;
  if (ended_well && outcome.completed) return {.kind = CodeVerdict::Kind::kPassed, .reason = ""};
  const bool timed_out =
      outcome.kind == Outcome::Kind::kWallTime || outcome.kind == Outcome::Kind::kCpuTime;
  return {.kind = timed_out ? CodeVerdict::Kind::kTimedOut : CodeVerdict::Kind::kFailed,
          .reason = WhyItFailed(outcome)};
}

absl::StatusOr<CodeVerdict> GradeCode(Sandbox& sandbox, absl::string_view python) {
  ASSAY_ASSIGN_OR_RETURN(const Outcome outcome, sandbox.Run(MakeGradedProgram(python)));
  return JudgeOutcome(outcome);
}

}  // namespace assay
