#include "common/declaration/file_pattern.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/group_name.h"

namespace assay {
namespace {

constexpr char kGroup[] = "{group}";
constexpr size_t kGroupBytes = sizeof(kGroup) - 1;
constexpr size_t kMostStars = 8;  // so that a match takes no time to speak of

// Whether `path` fits `pattern`, which has stars only.
bool FitsStars(absl::string_view pattern, absl::string_view path) {
  const std::vector<absl::string_view> parts = absl::StrSplit(pattern, '*');
  if (parts.size() == 1) return path == pattern;
  if (!absl::ConsumePrefix(&path, parts.front())) return false;
  if (!absl::ConsumeSuffix(&path, parts.back())) return false;
  // Each part where it is first found; a star takes no "/".
  for (size_t i = 1; i + 1 < parts.size(); ++i) {
    const size_t found = path.find(parts[i]);
    if (found == absl::string_view::npos || absl::StrContains(path.substr(0, found), '/')) {
      return false;
    }
    path.remove_prefix(found + parts[i].size());
  }
  return !absl::StrContains(path, '/');
}

}  // namespace

std::string FilePattern::Problem() const {
  absl::string_view rest = text_;
  const size_t group = rest.find(kGroup);
  std::string without_group = text_;
  if (group != absl::string_view::npos) without_group.erase(group, kGroupBytes);
  if (text_.empty()) return "is empty; name the file, for example data.csv or *.csv";
  if (absl::StrContains(without_group, kGroup)) return "has {group} twice";
  if (without_group.find_first_of("{}") != std::string::npos) {
    return "has a brace; only {group} is known here";
  }
  if (static_cast<size_t>(std::count(text_.begin(), text_.end(), '*')) > kMostStars) {
    return absl::StrCat("has more than ", kMostStars, " stars");
  }
  if (absl::StrContains(without_group, '\\')) return "has a backslash; separate folders by /";
  for (const absl::string_view part : absl::StrSplit(text_, '/')) {
    if (part.empty() || part == "." || part == "..") {
      return "must be a path below the imported folder, without . and ..";
    }
  }
  return "";
}

bool FilePattern::has_group() const { return absl::StrContains(text_, kGroup); }

std::optional<std::string> FilePattern::Match(absl::string_view path) const {
  if (!absl::EndsWith(text_, ".gz")) path = WithoutGzipSuffix(path);
  const size_t at = text_.find(kGroup);
  if (at == std::string::npos) {
    return FitsStars(text_, path) ? std::optional<std::string>("") : std::nullopt;
  }
  // The group is the longest part that fits.
  const std::string before = text_.substr(0, at);
  const std::string after = text_.substr(at + kGroupBytes);
  for (size_t begin = 0; begin < path.size(); ++begin) {
    if (!FitsStars(before, path.substr(0, begin))) continue;
    for (size_t end = path.size(); end > begin; --end) {
      const absl::string_view group = path.substr(begin, end - begin);
      if (IsGroupName(group) && FitsStars(after, path.substr(end))) return std::string(group);
    }
  }
  return std::nullopt;
}

}  // namespace assay
