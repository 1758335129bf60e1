#include "common/benchmark/group_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/benchmark/utf8.h"

namespace assay {

bool IsGroupName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
}

absl::Status CheckGroupName(absl::string_view path, absl::string_view name) {
  if (IsGroupName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(absl::Utf8SafeCEscape(path),
                                                 ": the file's name gives the name ", Excerpt(name),
                                                 "; use letters, digits, \"_\" and \"-\" only"));
}

}  // namespace assay
