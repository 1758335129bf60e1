#include "common/http/request_target.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {
namespace {

std::optional<std::string> Unescape(absl::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 1])) ||
          !absl::ascii_isxdigit(static_cast<unsigned char>(text[i + 2]))) {
        return std::nullopt;
      }
      c = absl::HexStringToBytes(text.substr(i + 1, 2)).front();
      i += 2;
    }
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return std::nullopt;
    decoded += c;
  }
  return decoded;
}

// A '/' at the end, or a part there that is left out, stays as a '/'.
std::string Normalize(absl::string_view path) {
  std::vector<absl::string_view> kept;
  bool is_folder = false;
  for (const absl::string_view part : absl::StrSplit(path.substr(1), '/')) {
    is_folder = part.empty() || part == "." || part == "..";
    if (part == ".." && !kept.empty()) kept.pop_back();
    if (!is_folder) kept.push_back(part);
  }
  std::string normal = "/" + absl::StrJoin(kept, "/");
  if (is_folder && !kept.empty()) normal += "/";
  return normal;
}

}  // namespace

std::optional<RequestTarget> ParseTarget(absl::string_view target) {
  for (const absl::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase(target, scheme)) continue;
    const size_t slash = target.find('/', scheme.size());
    target = slash == absl::string_view::npos ? "/" : target.substr(slash);
  }
  if (target.empty() || target.front() != '/') return std::nullopt;
  const size_t question = target.find('?');
  std::optional<std::string> path = Unescape(target.substr(0, question));
  if (!path.has_value()) return std::nullopt;
  RequestTarget parsed;
  parsed.path = Normalize(*path);
  if (question != absl::string_view::npos) parsed.query = std::string(target.substr(question + 1));
  return parsed;
}

}  // namespace assay
