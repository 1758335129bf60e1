// The hostile programs, which lie in text files by what they attack.
#ifndef ASSAY_TESTS_UNIT_WORKER_SANDBOX_HOSTILE_HOSTILE_PROGRAMS_H_
#define ASSAY_TESTS_UNIT_WORKER_SANDBOX_HOSTILE_HOSTILE_PROGRAMS_H_

#include <string>
#include <utility>
#include <vector>

#include "worker/sandbox/protocol/outcome.h"

namespace assay {

// In the file: "=== NAME [sh]: ENDINGS", then its text. ENDINGS are alternatives of "exit CODE",
// "signal NUMBER" ("signal" for any), "wall", "cpu", "memory", "output", "any".
struct HostileProgram {
  std::string theme;  // the file's name
  std::string name;
  bool is_shell = false;
  std::string endings;
  std::string source = "";
};

// Of all files of the folder, in order of theme. Python programs begin with prelude.py. Each key of
// `values` in double braces is replaced by its value. Throws when a file has another form.
std::vector<HostileProgram> ReadHostilePrograms(
    const std::string& folder, const std::vector<std::pair<std::string, std::string>>& values);

// The outcome in the words of a heading: "exit 0", "signal 9", "wall".
std::string EndingOf(const Outcome& outcome);
bool IsExpected(const HostileProgram& program, const Outcome& outcome);

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_SANDBOX_HOSTILE_HOSTILE_PROGRAMS_H_
