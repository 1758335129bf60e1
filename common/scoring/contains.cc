#include "common/scoring/contains.h"

#include "absl/strings/ascii.h"
#include "common/benchmark/python_text.h"
#include "common/scoring/accepted_targets.h"

namespace assay {
namespace {

bool IsWordByte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isalnum(byte) || c == '_' || byte >= 0x80;
}

bool Contains(absl::string_view text, absl::string_view part, bool whole_words) {
  if (part.empty()) return false;
  for (size_t at = text.find(part); at != absl::string_view::npos; at = text.find(part, at + 1)) {
    const size_t end = at + part.size();
    const bool starts_inside = at > 0 && IsWordByte(text[at - 1]) && IsWordByte(part.front());
    const bool ends_inside = end < text.size() && IsWordByte(text[end]) && IsWordByte(part.back());
    if (!whole_words || (!starts_inside && !ends_inside)) return true;
  }
  return false;
}

}  // namespace

Score ContainsGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  score.extracted = std::string(PythonStrip(prediction.output));
  score.verdict = score.extracted.empty() ? Verdict::kUnanswered : Verdict::kWrong;
  const std::string output = NormalizeText(prediction.output, normalization_);
  for (const std::string& target : AcceptedTargets(item)) {
    if (Contains(output, NormalizeText(target, normalization_), whole_words_)) {
      score.verdict = Verdict::kCorrect;
    }
  }
  return score;
}

GraderKind ContainsKind() {
  GraderKind kind{"contains",
                  "The target is somewhere in the output.",
                  RequestType::kGenerate,
                  false,
                  NormalizationParameters(),
                  [](const GraderParameters& parameters) {
                    return std::make_unique<ContainsGrader>(ReadNormalization(parameters),
                                                            parameters.at("whole_words") == "true");
                  }};
  kind.parameters.push_back({"whole_words",
                             GraderParameter::Type::kBoolean,
                             "true",
                             false,
                             {},
                             "The target is not a part of longer words."});
  return kind;
}

}  // namespace assay
