#include "common/scoring/human_eval_program.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace assay {

namespace {

std::string PadIndents(absl::string_view output) {
  std::vector<std::string> lines = absl::StrSplit(output, '\n');
  for (std::string& line : lines) {
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent % 2 != 0) line.insert(0, " ");
  }
  return absl::StrJoin(lines, "\n");
}

}  // namespace

std::string ExtractInstructEvalCompletion(absl::string_view output) {
  const std::string text = PadIndents(output);
  const size_t begin = std::min(text.find_first_not_of('\n'), text.size());
  return text.substr(begin, text.find("\n\n", begin) - begin);
}

std::string ExtractChatGlmCompletion(absl::string_view output) {
  const std::string doc_string_end = "\"\"\"\n";
  std::string text = PadIndents(output);
  const size_t end = text.rfind(doc_string_end);
  if (end != std::string::npos) text.erase(0, end + doc_string_end.size());
  std::erase(text, '`');
  return text;
}

CompletionRule CompletionRuleOf(const ProtocolSpec& protocol) {
  return {protocol.program, protocol.stop_texts};
}

std::string ExtractCompletion(const CompletionRule& rule, absl::string_view output) {
  size_t end = output.size();
  for (const std::string& text : rule.stop_texts) end = std::min(end, output.find(text));
  const absl::string_view part = output.substr(0, end);
  switch (rule.program) {
    case ProgramKind::kHumanEvalChatGlm:
      return ExtractChatGlmCompletion(part);
    case ProgramKind::kHumanEvalWhole:
      return std::string(part);
    case ProgramKind::kNone:
    case ProgramKind::kHumanEval:
      break;
  }
  return ExtractInstructEvalCompletion(part);
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
