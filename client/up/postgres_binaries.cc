#include "client/up/postgres_binaries.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/process/subprocess.h"

namespace assay {
namespace {

bool HasServer(const std::string& folder) {
  for (const char* program : {"postgres", "initdb", "psql"}) {
    if (access(absl::StrCat(folder, "/", program).c_str(), X_OK) != 0) return false;
  }
  return true;
}

std::string FirstLine(const Command& command) {
  const absl::StatusOr<CommandResult> result = RunCommand(command);
  if (!result.ok() || !result->succeeded()) return "";
  return std::string(absl::StripAsciiWhitespace(result->output));
}

}  // namespace

int ParsePostgresMajor(absl::string_view version_line) {
  for (const absl::string_view word : absl::StrSplit(version_line, ' ')) {
    int major = 0;
    // "15.18", and "17beta1" of a server before its release.
    const absl::string_view digits =
        word.substr(0, std::min(word.size(), word.find_first_not_of("0123456789")));
    if (absl::SimpleAtoi(digits, &major) && major > 0) return major;
  }
  return 0;
}

std::vector<PostgresBinaries> FindPostgresBinaries() {
  std::vector<std::string> folders = {FirstLine(Command{{"pg_config", "--bindir"}, {}, "", {}})};
  std::vector<std::pair<int, std::string>> versions;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    int version = 0;
    if (absl::SimpleAtoi(entry.path().filename().string(), &version)) {
      versions.emplace_back(version, entry.path() / "bin");
    }
  }
  std::sort(versions.rbegin(), versions.rend());
  for (const auto& [version, folder] : versions) folders.push_back(folder);
  if (const char* path = std::getenv("PATH"); path != nullptr) {
    for (const absl::string_view folder : absl::StrSplit(path, ':')) folders.emplace_back(folder);
  }
  std::vector<PostgresBinaries> found;
  for (const std::string& folder : folders) {
    if (folder.empty() || !HasServer(folder)) continue;
    const auto same = [&](const PostgresBinaries& other) { return other.folder == folder; };
    if (std::any_of(found.begin(), found.end(), same)) continue;
    const int major =
        ParsePostgresMajor(FirstLine(Command{{folder + "/postgres", "--version"}, {}, "", {}}));
    if (major > 0) found.push_back({folder, major});
  }
  return found;
}

absl::StatusOr<PostgresBinaries> ChoosePostgresBinaries(
    const std::vector<PostgresBinaries>& installed, absl::string_view cluster_version,
    const std::string& cluster) {
  if (installed.empty()) {
    return absl::NotFoundError(
        "PostgreSQL's server is not installed on this machine: install the package postgresql, or "
        "name a running server with --database postgresql://...");
  }
  if (cluster_version.empty()) return installed.front();
  const int wanted = ParsePostgresMajor(absl::StripAsciiWhitespace(cluster_version));
  for (const PostgresBinaries& binaries : installed) {
    if (binaries.major == wanted) return binaries;
  }
  const std::string there =
      absl::StrJoin(installed, ", ", [](std::string* text, const PostgresBinaries& binaries) {
        absl::StrAppend(text, binaries.major);
      });
  return absl::NotFoundError(absl::StrCat(
      "the cluster in ", cluster, " is of PostgreSQL ", absl::StripAsciiWhitespace(cluster_version),
      ", and this machine has version ", there, ": install postgresql-",
      absl::StripAsciiWhitespace(cluster_version),
      ", bring the cluster to the new version with pg_upgrade, or choose another folder with "
      "--data"));
}

}  // namespace assay
