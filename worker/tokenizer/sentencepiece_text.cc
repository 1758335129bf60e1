#include "worker/tokenizer/sentencepiece_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "worker/tokenizer/chatglm_tokens.h"

namespace assay {
namespace {

using Json = nlohmann::json;
using Prefix = SentencePieceText::Prefix;

constexpr int kAllSpaces = 1 << 20;

Json PrecompiledStep(absl::string_view charsmap) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", absl::Base64Escape(charsmap)}};
}

// Null for no steps.
Json SequenceOrNull(Json steps) {
  if (steps.empty()) return nullptr;
  return NormalizerSequence(std::move(steps));
}

// Normalizer: our own, of rust/src/normalizer.rs, with the model's table between two others.
Json CharsmapStep(absl::string_view charsmap, Json before, Json after) {
  const Charsmap parts = SplitCharsmap(charsmap);
  return {{"type", "SentencePiece"},
          {"before", std::move(before)},
          {"trie", parts.trie},
          {"replacements", parts.replacements},
          {"after", std::move(after)}};
}

Json Metaspace(Prefix prefix, bool split) {
  const char* scheme = "never";
  if (prefix == Prefix::kEveryRun) scheme = "always";
  if (prefix == Prefix::kFirstRun) scheme = "first";
  return {{"type", "Metaspace"},
          {"replacement", kSpaceMark},
          {"prepend_scheme", scheme},
          {"split", split}};
}

std::string Blank(int spaces) { return absl::StrCat("<|blank_", spaces, "|>"); }

std::string RegexLiteral(absl::string_view text) {
  std::string result;
  for (const char c : text) {
    if (absl::string_view("\\^$.|?*+()[]{}/-#&~ \t\n").find(c) != absl::string_view::npos) {
      // Escaped white space must not turn into a regex class.
      if (c == '\t') {
        result += "\\t";
        continue;
      }
      if (c == '\n') {
        result += "\\n";
        continue;
      }
      result += '\\';
    }
    result += c;
  }
  return result;
}

// Any of the words, the longest first.
std::string AnyOf(absl::Span<const std::string> words) {
  std::vector<std::string> sorted(words.begin(), words.end());
  std::sort(sorted.begin(), sorted.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  return absl::StrJoin(sorted, "|", [](std::string* out, const std::string& word) {
    absl::StrAppend(out, RegexLiteral(word));
  });
}

}  // namespace

void SetT5Text(const SentencePieceModel& model, Prefix prefix, TokenizerParts& parts) {
  Json steps = Json::array();
  if (!model.charsmap.empty()) steps.push_back(PrecompiledStep(model.charsmap));
  steps.push_back({{"type", "Strip"}, {"strip_left", false}, {"strip_right", true}});
  steps.push_back(ReplaceRegexStep(" {2,}", kSpaceMark));
  parts.normalizer = NormalizerSequence(std::move(steps));
  parts.pre_tokenizer = Metaspace(prefix, /*split=*/true);
  parts.decoder = Metaspace(prefix, /*split=*/true);
}

void SetSentencePieceText(const SentencePieceModel& model, const SentencePieceText& text,
                          absl::Span<const std::string> whole_words, TokenizerParts& parts) {
  Json first = Json::array();  // before the replacements of the model
  Json steps = Json::array();
  Json words = Json::array();
  Json decoders = Json::array();
  if (text.chatglm_6b) {
    first.push_back(ReplaceStep("\n", kGlmLineFeed));
    first.push_back(ReplaceStep("\t", kGlmTab));
    decoders.push_back(ReplaceStep(kGlmLineFeed, "\n"));
    decoders.push_back(ReplaceStep(kGlmTab, "\t"));
    for (int spaces = kGlmLongestBlank; spaces >= 2; --spaces) {
      const std::string blank(static_cast<size_t>(spaces), ' ');
      first.push_back(ReplaceStep(blank, Blank(spaces)));
      decoders.push_back(ReplaceStep(Blank(spaces), blank));
    }
  }
  if (model.remove_extra_whitespaces) {
    steps.push_back(ReplaceRegexStep(R"(\A +| +\z)", ""));
    steps.push_back(ReplaceRegexStep(" {2,}", " "));
  }
  if (text.prefix == Prefix::kFirstRun) {
    words.push_back(Metaspace(text.prefix, /*split=*/false));
  } else {
    if (text.prefix == Prefix::kEveryRun) {
      steps.push_back({{"type", "Prepend"}, {"prepend", kSpaceMark}});
    }
    steps.push_back(ReplaceStep(" ", kSpaceMark));
    // Marks in the text itself count as spaces at its end.
    if (model.remove_extra_whitespaces) {
      steps.push_back(ReplaceRegexStep(absl::StrCat("(?:", kSpaceMark, ")+\\z"), ""));
    }
  }
  if (model.charsmap.empty()) {
    first.insert(first.end(), steps.begin(), steps.end());
    parts.normalizer = SequenceOrNull(std::move(first));
  } else {
    parts.normalizer = CharsmapStep(model.charsmap, SequenceOrNull(std::move(first)),
                                    SequenceOrNull(std::move(steps)));
  }
  if (!whole_words.empty()) {
    words.push_back(SplitStep(AnyOf(whole_words)));
    // A word that spells a byte token out is no byte; without merges it would be taken for one.
    words.push_back(SplitStep(R"(\A<(?=0x[0-9A-F]{2}>\z))"));
  }
  if (!words.empty()) parts.pre_tokenizer = PreTokenizerSequence(std::move(words));
  int strip_spaces = text.prefix != Prefix::kNone ? 1 : 0;
  if (model.remove_extra_whitespaces) strip_spaces = kAllSpaces;
  parts.decoder = SentencePieceDecoder(strip_spaces);
  if (!decoders.empty()) {
    decoders.push_back(std::move(parts.decoder));
    parts.decoder = DecoderSequence(std::move(decoders));
  }
}

}  // namespace assay
