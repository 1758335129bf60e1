#include "common/scoring/choice.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/benchmark/prompt_text.h"
#include "common/benchmark/python_text.h"

namespace assay {
namespace {

constexpr absl::string_view kEnds = ".,:;)]*\n\r";
constexpr char kWordBefore[] = "answer";

// Takes the label that `text` begins with off it, with parentheses around it or not. The longest
// label that fits, so that "10" is not "1".
std::string TakeLabel(const Item& item, absl::string_view* text) {
  absl::string_view inside = *text;
  const bool in_parentheses = absl::ConsumePrefix(&inside, "(");
  std::string best;
  for (const std::string& label : item.choices) {
    if (absl::StartsWith(inside, label) && label.size() > best.size()) best = label;
  }
  if (best.empty()) return "";
  inside.remove_prefix(best.size());
  if (in_parentheses && !absl::StartsWith(inside, ")")) return "";
  *text = inside;
  return best;
}

bool EndsThere(absl::string_view rest) {
  return rest.empty() || absl::StrContains(kEnds, rest.front());
}

std::string LabelAtFront(const Item& item, absl::string_view output) {
  const std::string label = TakeLabel(item, &output);
  return EndsThere(output) ? label : "";
}

// Behind the last "answer is" or "answer:".
std::string LabelAfterWord(const Item& item, absl::string_view output) {
  const std::string lower = absl::AsciiStrToLower(output);
  std::string label;
  for (size_t at = lower.find(kWordBefore); at != std::string::npos;
       at = lower.find(kWordBefore, at + 1)) {
    absl::string_view rest = output.substr(at + sizeof(kWordBefore) - 1);
    rest = absl::StripLeadingAsciiWhitespace(rest);
    const bool is_named = absl::ConsumePrefix(&rest, ":") || absl::ConsumePrefix(&rest, "is:") ||
                          absl::ConsumePrefix(&rest, "is ");
    if (!is_named) continue;
    rest = absl::StripLeadingAsciiWhitespace(rest);
    const std::string found = TakeLabel(item, &rest);
    const bool within_word =
        !rest.empty() && absl::ascii_isalnum(static_cast<unsigned char>(rest.front()));
    if (!found.empty() && !within_word) label = found;
  }
  return label;
}

std::string OnlyLabelInParentheses(const Item& item, absl::string_view output) {
  std::set<std::string> found;
  for (const std::string& label : item.choices) {
    if (absl::StrContains(output, absl::StrCat("(", label, ")"))) found.insert(label);
  }
  return found.size() == 1 ? *found.begin() : "";
}

std::string LabelOfText(const Item& item, absl::string_view output) {
  const std::string lower = PythonLower(output);
  std::string label;
  for (const std::string& choice : item.choices) {
    const absl::string_view text = PythonStrip(FieldOf(item, choice));
    if (!text.empty() && PythonLower(text) == lower) {
      if (!label.empty()) return "";  // the options do not differ
      label = choice;
    }
  }
  return label;
}

}  // namespace

Score ChoiceGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty() || item.choices.empty()) return score;
  const absl::string_view output = PythonStrip(prediction.output);
  for (const auto find : {LabelAtFront, LabelAfterWord, OnlyLabelInParentheses, LabelOfText}) {
    score.extracted = find(item, output);
    if (score.extracted.empty()) continue;
    score.verdict = score.extracted == item.target ? Verdict::kCorrect : Verdict::kWrong;
    return score;
  }
  score.verdict = output.empty() ? Verdict::kUnanswered : Verdict::kUnparsable;
  return score;
}

GraderKind ChoiceKind() {
  return {"choice",
          "The output names the choice that is the target.",
          RequestType::kGenerate,
          true,
          {},
          [](const GraderParameters&) { return std::make_unique<ChoiceGrader>(); }};
}

}  // namespace assay
