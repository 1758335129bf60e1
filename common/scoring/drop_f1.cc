#include "common/scoring/drop_f1.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/benchmark/python_text.h"
#include "common/scoring/drop_metrics.h"

namespace assay {
namespace {

using References = std::vector<std::vector<std::string>>;

// Empty when the item has none that can be read.
References ReadReferences(const Item& item) {
  const auto field = item.fields.find("references");
  if (field == item.fields.end()) return {};
  const nlohmann::json json = nlohmann::json::parse(field->second, nullptr, false);
  if (!json.is_array()) return {};
  References references;
  for (const nlohmann::json& texts : json) {
    if (!texts.is_array() || texts.empty()) return {};
    std::vector<std::string>& reference = references.emplace_back();
    for (const nlohmann::json& text : texts) {
      if (!text.is_string()) return {};
      reference.push_back(text.get<std::string>());
    }
  }
  return references;
}

}  // namespace

Score DropF1Grader::Grade(const Item& item, const Prediction& prediction) const {
  Score score{std::string(name()), version(), Verdict::kError, ""};
  if (!prediction.error.empty()) return score;
  const References references = ReadReferences(item);
  if (references.empty()) return score;
  const absl::string_view output = PythonStrip(prediction.output);
  score.extracted = std::string(PythonStrip(output.substr(0, output.find('\n'))));
  DropScore best;
  for (const std::vector<std::string>& reference : references) {
    const DropScore one = ScoreDropSpans({score.extracted}, reference);
    best.exact_match = std::max(best.exact_match, one.exact_match);
    best.f1 = std::max(best.f1, one.f1);
  }
  score.verdict = best.exact_match == 1     ? Verdict::kCorrect
                  : score.extracted.empty() ? Verdict::kUnanswered
                                            : Verdict::kWrong;
  score.partial = best.f1;
  return score;
}

}  // namespace assay
