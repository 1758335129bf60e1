#include "common/scoring/text_normalization.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr GraderParameter::Type kBoolean = GraderParameter::Type::kBoolean;

bool IsArticle(absl::string_view word) {
  return absl::EqualsIgnoreCase(word, "a") || absl::EqualsIgnoreCase(word, "an") ||
         absl::EqualsIgnoreCase(word, "the");
}

// Runs of white space as one space, none at the ends, without articles where they do not count.
std::string JoinWords(absl::string_view text, bool without_articles) {
  std::vector<std::string> words;
  std::string word;
  const auto end_word = [&] {
    if (!word.empty() && !(without_articles && IsArticle(word))) words.push_back(word);
    word.clear();
  };
  while (!text.empty()) {
    absl::string_view rest = text;
    TakeUtf8Character(&rest);
    const absl::string_view character = text.substr(0, text.size() - rest.size());
    text = rest;
    if (PythonStrip(character).empty()) {
      end_word();
    } else {
      word.append(character.data(), character.size());
    }
  }
  end_word();
  return absl::StrJoin(words, " ");
}

}  // namespace

std::string NormalizeText(absl::string_view text, const TextNormalization& normalization) {
  std::string normalized(PythonStrip(text));
  if (normalization.ignore_case) normalized = PythonLower(normalized);
  if (normalization.ignore_punctuation) {
    std::string kept;
    for (const char c : normalized) {
      if (!absl::ascii_ispunct(static_cast<unsigned char>(c))) kept.push_back(c);
    }
    normalized = std::move(kept);
  }
  if (normalization.collapse_spaces || normalization.ignore_articles) {
    normalized = JoinWords(normalized, normalization.ignore_articles);
  }
  return std::string(PythonStrip(normalized));
}

std::vector<GraderParameter> NormalizationParameters() {
  return {
      {"ignore_case", kBoolean, "false", false, {}, "Capital and small letters are alike."},
      {"ignore_punctuation", kBoolean, "false", false, {}, "Punctuation does not count."},
      {"ignore_articles", kBoolean, "false", false, {}, "The words a, an and the do not count."},
      {"collapse_spaces", kBoolean, "true", false, {}, "Runs of white space are one space."}};
}

TextNormalization ReadNormalization(const GraderParameters& parameters) {
  const auto is_set = [&](const char* name) { return parameters.at(name) == "true"; };
  return {is_set("ignore_case"), is_set("ignore_punctuation"), is_set("ignore_articles"),
          is_set("collapse_spaces")};
}

}  // namespace assay
