#include "common/scoring/number.h"

#include <re2/re2.h>

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/benchmark/python_text.h"
#include "common/scoring/accepted_targets.h"

namespace assay {
namespace {

const RE2& NumberPattern() {
  static const auto* const pattern = new RE2(
      R"(([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+(?:[eE][-+]?\d+)?))");
  return *pattern;
}

std::optional<double> ValueOf(absl::string_view digits) {
  double value = 0;
  if (!absl::SimpleAtod(absl::StrReplaceAll(digits, {{",", ""}}), &value)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<double> ReadNumber(absl::string_view text) {
  text = PythonStrip(text);
  for (const char* sign : {"$", "\u20ac", "\u00a3"}) {
    if (absl::ConsumePrefix(&text, sign)) break;
  }
  absl::ConsumeSuffix(&text, "%");
  text = PythonStrip(text);
  const re2::StringPiece whole(text.data(), text.size());
  if (!RE2::FullMatch(whole, NumberPattern())) return std::nullopt;
  return ValueOf(text);
}

Score NumberGrader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  re2::StringPiece rest(prediction.output);
  std::optional<double> value;
  std::string digits;
  while ((take_last_ || !value.has_value()) &&
         RE2::FindAndConsume(&rest, NumberPattern(), &digits)) {
    // A sign behind a letter or digit is a hyphen: "10-12".
    const char* const start = rest.data() - digits.size();
    const bool is_hyphen = digits[0] == '-' && start > prediction.output.data() &&
                           absl::ascii_isalnum(static_cast<unsigned char>(start[-1]));
    if (is_hyphen) digits.erase(0, 1);
    value = ValueOf(digits);
    score.extracted = digits;
  }
  if (!value.has_value()) {
    score.verdict =
        PythonStrip(prediction.output).empty() ? Verdict::kUnanswered : Verdict::kUnparsable;
    return score;
  }
  bool has_target = false;
  for (const std::string& text : AcceptedTargets(item)) {
    const std::optional<double> target = ReadNumber(text);
    if (!target.has_value()) continue;
    if (!has_target) score.verdict = Verdict::kWrong;
    has_target = true;
    if (std::abs(*value - *target) <= tolerance_) score.verdict = Verdict::kCorrect;
  }
  return score;
}

GraderKind NumberKind() {
  return {"number",
          "A number in the output equals the target.",
          RequestType::kGenerate,
          false,
          {{"tolerance",
            GraderParameter::Type::kNumber,
            "0",
            false,
            {},
            "How far the number may be from the target."},
           {"take",
            GraderParameter::Type::kName,
            "last",
            false,
            {"first", "last"},
            "Which of several numbers counts."}},
          [](const GraderParameters& parameters) {
            double tolerance = 0;
            (void)absl::SimpleAtod(parameters.at("tolerance"), &tolerance);
            return std::make_unique<NumberGrader>(tolerance, parameters.at("take") == "last");
          }};
}

}  // namespace assay
