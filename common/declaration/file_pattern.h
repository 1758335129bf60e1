// Which files of a folder a benchmark's data are.
#ifndef ASSAY_COMMON_DECLARATION_FILE_PATTERN_H_
#define ASSAY_COMMON_DECLARATION_FILE_PATTERN_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace assay {

// A path below the imported folder in which "*" stands for anything but "/", and "{group}", at most
// once, for the name of a group: letters, digits, "_" and "-". ".gz" may follow any path.
class FilePattern {
 public:
  FilePattern() = default;
  explicit FilePattern(absl::string_view text) : text_(text) {}

  // Why it is no pattern; empty when it is one.
  std::string Problem() const;
  const std::string& text() const { return text_; }
  bool has_group() const;
  // The group's name where the path fits, or "" when the pattern has no group; nothing for a path
  // that does not fit.
  std::optional<std::string> Match(absl::string_view path) const;

 private:
  std::string text_;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DECLARATION_FILE_PATTERN_H_
