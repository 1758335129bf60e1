#include "tests/unit/worker/sandbox/hostile/hostile_programs.h"

#include <filesystem>
#include <regex>
#include <set>
#include <stdexcept>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"

namespace assay {
namespace {

// Where the next heading stands, or the end.
size_t NextHeading(const std::string& text, size_t from) {
  const size_t found = text.find("\n=== ", from);
  return found == std::string::npos ? text.size() : found + 1;
}

HostileProgram ReadProgram(const std::string& theme, const std::string& section,
                           const std::string& prelude) {
  static const std::regex kHeading(R"(=== (\w+)( \[sh\])?: ([a-z0-9 ]+)\n)");
  std::smatch match;
  if (!std::regex_search(section, match, kHeading, std::regex_constants::match_continuous)) {
    throw std::runtime_error(theme + " has a section without a proper heading: " + section);
  }
  HostileProgram program = {.theme = theme,
                            .name = match[1],
                            .is_shell = match[2].matched,
                            .endings = match[3],
                            .source = match.suffix()};
  if (!program.is_shell) program.source = prelude + program.source;
  return program;
}

}  // namespace

std::vector<HostileProgram> ReadHostilePrograms(
    const std::string& folder, const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<std::pair<std::string, std::string>> replacements;
  for (const auto& [key, value] : values) {
    replacements.emplace_back(absl::StrCat("{{", key, "}}"), value);
  }
  const std::string prelude = ReadFile(folder + "/prelude.py").value();
  std::set<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".txt") files.insert(entry.path());
  }
  std::vector<HostileProgram> programs;
  for (const auto& file : files) {
    const std::string text = absl::StrReplaceAll(ReadFile(file).value(), replacements);
    for (size_t at = NextHeading(text, 0); at < text.size();) {
      const size_t end = NextHeading(text, at);
      programs.push_back(ReadProgram(file.stem(), text.substr(at, end - at), prelude));
      at = end;
    }
  }
  return programs;
}

std::string EndingOf(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kExited:
      return absl::StrCat("exit ", outcome.exit_code);
    case Outcome::Kind::kSignaled:
      return absl::StrCat("signal ", outcome.signal);
    case Outcome::Kind::kWallTime:
      return "wall";
    case Outcome::Kind::kCpuTime:
      return "cpu";
    case Outcome::Kind::kMemory:
      return "memory";
    case Outcome::Kind::kOutput:
      return "output";
  }
  return "";
}

bool IsExpected(const HostileProgram& program, const Outcome& outcome) {
  if (program.endings == "any") return true;
  const std::string ending = EndingOf(outcome);
  if (absl::StrContains(absl::StrCat(" ", program.endings, " "), absl::StrCat(" ", ending, " "))) {
    return true;
  }
  // "signal" without a number.
  static const std::regex kAnySignal(R"(\bsignal\b(?! \d))");
  return outcome.kind == Outcome::Kind::kSignaled && std::regex_search(program.endings, kAnySignal);
}

}  // namespace assay
