#include "common/huggingface/hub_cache.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kPrefix = "models--";
constexpr absl::string_view kSnapshots = "snapshots";
constexpr size_t kMostIdBytes = 200;
constexpr size_t kMostRevisionBytes = 300;

bool IsPart(absl::string_view part) {
  for (const char c : part) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  // "--" divides the parts in a folder's name, and ".." is what no hub allows.
  return !part.empty() && !absl::StrContains(part, "--") && !absl::StrContains(part, "..") &&
         part.front() != '.' && part.front() != '-';
}

// A branch may have slashes; no part of it leads out of the folder.
bool IsRevision(absl::string_view revision) {
  if (revision.empty() || revision.size() > kMostRevisionBytes) return false;
  for (const absl::string_view part : absl::StrSplit(revision, '/')) {
    if (part.empty() || part == "." || part == ".." || absl::StrContains(part, '\0')) return false;
  }
  return true;
}

bool IsFolder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

std::vector<std::string> FoldersIn(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (IsFolder(entry->path())) names.push_back(entry->path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string Value(const HubEnvironment& environment, const char* name) {
  const char* value = environment(name);
  if (value == nullptr) return "";
  const absl::string_view text = value;
  const char* home = environment("HOME");
  if (home != nullptr && (text == "~" || absl::StartsWith(text, "~/"))) {
    return absl::StrCat(home, text.substr(1));
  }
  return std::string(text);
}

}  // namespace

HubEnvironment ProcessEnvironment() {
  return [](const char* name) { return std::getenv(name); };
}

bool IsHubId(absl::string_view text) {
  if (text.size() > kMostIdBytes) return false;
  const std::vector<absl::string_view> parts = absl::StrSplit(text, '/');
  return parts.size() <= 2 && std::all_of(parts.begin(), parts.end(), IsPart);
}

std::string HubCacheFolder(const HubEnvironment& environment) {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (std::string value = Value(environment, name); !value.empty()) return value;
  }
  if (const std::string home = Value(environment, "HF_HOME"); !home.empty()) return home + "/hub";
  if (const std::string caches = Value(environment, "XDG_CACHE_HOME"); !caches.empty()) {
    return caches + "/huggingface/hub";
  }
  const std::string home = Value(environment, "HOME");
  return home.empty() ? "" : home + "/.cache/huggingface/hub";
}

absl::StatusOr<std::string> FindHubSnapshot(const std::string& cache, absl::string_view id,
                                            absl::string_view revision) {
  if (!IsHubId(id)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", id, "\" is no Hugging Face id such as google/flan-t5-xl"));
  }
  if (!IsRevision(revision)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", revision, "\" is no branch, tag or commit"));
  }
  const fs::path folder =
      fs::path(cache) / absl::StrCat(kPrefix, absl::StrReplaceAll(id, {{"/", "--"}}));
  const fs::path snapshots = folder / std::string(kSnapshots);
  if (!IsFolder(folder)) {
    return absl::NotFoundError(
        absl::StrCat(id, " is not in the Hugging Face cache ", cache.empty() ? "(none)" : cache));
  }
  const absl::StatusOr<std::string> commit =
      ReadFile((folder / "refs" / std::string(revision)).string());
  if (commit.ok()) {
    const std::string name(absl::StripAsciiWhitespace(*commit));
    if (IsPart(name) && IsFolder(snapshots / name)) return (snapshots / name).string();
  }
  if (IsPart(revision) && IsFolder(snapshots / std::string(revision))) {
    return (snapshots / std::string(revision)).string();
  }
  const std::vector<std::string> there = FoldersIn(snapshots);
  if (revision == "main" && !commit.ok() && there.size() == 1) {
    return (snapshots / there.front()).string();
  }
  return absl::NotFoundError(absl::StrCat(
      folder.string(), " has no snapshot of revision \"", revision, "\"; there ",
      there.empty() ? "is none" : absl::StrCat("are the commits ", absl::StrJoin(there, ", "))));
}

std::string HubIdOfSnapshot(absl::string_view folder) {
  while (absl::EndsWith(folder, "/")) folder.remove_suffix(1);
  const std::vector<absl::string_view> parts = absl::StrSplit(folder, '/');
  if (parts.size() < 3 || parts[parts.size() - 2] != kSnapshots) return "";
  absl::string_view name = parts[parts.size() - 3];
  if (!absl::StartsWith(name, kPrefix)) return "";
  name.remove_prefix(kPrefix.size());
  const std::string id = absl::StrReplaceAll(name, {{"--", "/"}});
  return IsHubId(id) ? id : "";
}

std::string LocateModelPath(const std::string& path, const HubEnvironment& environment) {
  std::error_code error;
  if (fs::exists(path, error)) return path;
  const std::string id = HubIdOfSnapshot(path);
  if (id.empty()) return path;
  const std::string commit = fs::path(path).lexically_normal().filename().string();
  const absl::StatusOr<std::string> here = FindHubSnapshot(
      HubCacheFolder(environment), id, commit.empty() ? absl::string_view("main") : commit);
  return here.ok() ? *here : path;
}

}  // namespace assay
