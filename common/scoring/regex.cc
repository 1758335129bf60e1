#include "common/scoring/regex.h"

#include <re2/re2.h>

#include <array>

#include "common/benchmark/python_text.h"
#include "common/scoring/exact_match.h"

namespace assay {
namespace {

// A pattern is a user's, and is compiled where others' work is done.
constexpr int64_t kMostPatternMemory = 1 << 20;

RE2::Options PatternOptions() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMostPatternMemory);
  return options;
}

}  // namespace

RegexGrader::RegexGrader(const std::string& pattern, bool take_last,
                         const TextNormalization& normalization)
    : pattern_(std::make_unique<const RE2>(pattern, PatternOptions())),
      take_last_(take_last),
      normalization_(normalization) {}

RegexGrader::~RegexGrader() = default;

Score RegexGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty() || !pattern_->ok()) return score;
  const re2::StringPiece output(prediction.output);
  const int group = pattern_->NumberOfCapturingGroups() > 0 ? 1 : 0;
  bool found = false;
  std::array<re2::StringPiece, 2> match;
  for (size_t at = 0; at <= output.size();) {
    if (!pattern_->Match(output, at, output.size(), RE2::UNANCHORED, match.data(), group + 1))
      break;
    found = true;
    score.extracted = std::string(PythonStrip({match[group].data(), match[group].size()}));
    if (!take_last_) break;
    const size_t end = static_cast<size_t>(match[0].data() - output.data()) + match[0].size();
    at = match[0].empty() ? end + 1 : end;
  }
  if (found) {
    score.verdict = CompareWithTargets(item, score.extracted, normalization_);
  } else {
    score.verdict =
        PythonStrip(prediction.output).empty() ? Verdict::kUnanswered : Verdict::kUnparsable;
  }
  return score;
}

std::string PatternError(const std::string& pattern) {
  const RE2 compiled(pattern, PatternOptions());
  return compiled.ok() ? "" : compiled.error();
}

GraderKind RegexKind() {
  GraderKind kind{"regex",
                  "What a regular expression finds in the output is the target.",
                  RequestType::kGenerate,
                  false,
                  {{"pattern",
                    GraderParameter::Type::kPattern,
                    "",
                    true,
                    {},
                    "A regular expression in RE2's syntax; its first group, where it has one, is "
                    "the answer."},
                   {"take",
                    GraderParameter::Type::kName,
                    "first",
                    false,
                    {"first", "last"},
                    "Which of several matches counts."}},
                  [](const GraderParameters& parameters) {
                    return std::make_unique<RegexGrader>(parameters.at("pattern"),
                                                         parameters.at("take") == "last",
                                                         ReadNormalization(parameters));
                  }};
  for (GraderParameter& parameter : NormalizationParameters()) {
    kind.parameters.push_back(std::move(parameter));
  }
  return kind;
}

}  // namespace assay
