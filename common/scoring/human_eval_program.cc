#include "common/scoring/human_eval_program.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {

std::string ExtractInstructEvalCompletion(absl::string_view output) {
  std::vector<std::string> lines = absl::StrSplit(output, '\n');
  for (std::string& line : lines) {
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent % 2 != 0) line.insert(0, " ");
  }
  const std::string text = absl::StrJoin(lines, "\n");
  const size_t begin = std::min(text.find_first_not_of('\n'), text.size());
  return text.substr(begin, text.find("\n\n", begin) - begin);
}

std::string MakeHumanEvalProgram(const Item& item, absl::string_view completion) {
  const auto field = [&item](const std::string& name) -> absl::string_view {
    const auto found = item.fields.find(name);
    return found == item.fields.end() ? absl::string_view() : found->second;
  };
  return absl::StrCat(field("prompt"), completion, "\n", field("test"), "\n", "check(",
                      field("entry_point"), ")");
}

}  // namespace assay
