#include "worker/remote/api_keys.h"

#include <sys/stat.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/remote/remote_model.h"

namespace assay {
namespace {

constexpr size_t kLongestKey = 8192;

// What a header can carry.
bool IsKey(absl::string_view key) {
  for (const char c : key) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return false;
  }
  return !key.empty() && key.size() <= kLongestKey;
}

bool IsBelow(absl::string_view url, absl::string_view parent) {
  return absl::StartsWith(url, parent) &&
         (url.size() == parent.size() || url[parent.size()] == '/');
}

absl::Status CheckOwnersAlone(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & 077) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": others may read these keys; chmod 600 ", path));
}

}  // namespace

absl::StatusOr<ApiKeys> ApiKeys::Read(const std::string& path, Environment environment) {
  ASSAY_RETURN_IF_ERROR(CheckOwnersAlone(path));
  ASSAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  ApiKeys keys(std::move(environment));
  int number = 0;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#') continue;
    const std::vector<std::string> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() != 3 || !IsKey(words[2])) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " line ", number, ": must be NAME URL KEY"));
    }
    const absl::StatusOr<std::string> url = NormalizeEndpointUrl(words[1]);
    if (!url.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, " line ", number, ": ", url.status().message()));
    }
    keys.entries_.push_back({words[0], *url, words[2]});
  }
  return keys;
}

absl::StatusOr<std::string> ApiKeys::Find(const std::string& name, absl::string_view url) const {
  if (name.empty()) return std::string();
  bool named = false;
  for (const Entry& entry : entries_) {
    if (entry.name != name) continue;
    named = true;
    if (IsBelow(url, entry.url)) return entry.key;
  }
  if (named) {
    return absl::FailedPreconditionError(
        absl::StrCat("the worker's file of keys has ", name, ", but not for ", url));
  }
  const char* value = environment_(name.c_str());
  if (value == nullptr || *value == '\0') {
    return absl::FailedPreconditionError(absl::StrCat(
        "the worker has no key ", name,
        ": set that environment variable where assay-worker (or assay up) is started, or put the "
        "key into the file of --api-key-file"));
  }
  const absl::string_view key = absl::StripAsciiWhitespace(value);
  if (!IsKey(key)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the worker's environment variable ", name, " does not hold a key"));
  }
  return std::string(key);
}

std::string Redact(absl::string_view text, absl::string_view key) {
  if (key.empty()) return std::string(text);
  return absl::StrReplaceAll(text, {{key, "[key]"}});
}

}  // namespace assay
