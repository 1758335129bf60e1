#include "worker/tokenizer/gguf_tokenizer.h"

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/checked_vocabulary.h"
#include "worker/tokenizer/pre_tokenizer.h"
#include "worker/tokenizer/sentencepiece_merges.h"
#include "worker/tokenizer/tokenizer_json.h"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kByteLevelModel = "gpt2";

std::vector<AddedTokenWithId> AddedTokens(const CheckedVocabulary& checked) {
  std::vector<AddedTokenWithId> added;
  for (size_t i = 0; i < checked.tokens.size(); ++i) {
    const auto id = static_cast<int32_t>(i);
    const GgufTokenType type = checked.vocabulary->TypeOf(i);
    const bool special = type == GgufTokenType::kControl || type == GgufTokenType::kUnknown ||
                         checked.special.bos == id || checked.special.eos == id;
    if (!special && type != GgufTokenType::kUserDefined) continue;
    added.push_back({id, {.content = checked.tokens[i], .special = special}});
  }
  return added;
}

Json PostProcessor(const CheckedVocabulary& checked) {
  std::vector<TokenWithId> before;
  std::vector<TokenWithId> after;
  if (checked.add_bos) {
    before.push_back({checked.tokens[*checked.special.bos], *checked.special.bos});
  }
  if (checked.add_eos) {
    after.push_back({checked.tokens[*checked.special.eos], *checked.special.eos});
  }
  return TemplateProcessing(before, after);
}

Json Vocabulary(const CheckedVocabulary& checked) {
  Json vocabulary = Json::object();
  for (size_t id = 0; id < checked.tokens.size(); ++id) vocabulary[checked.tokens[id]] = id;
  return vocabulary;
}

std::vector<ScoredToken> MergeableTokens(const GgufVocabulary& vocabulary) {
  std::vector<ScoredToken> result;
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    const GgufTokenType type = vocabulary.TypeOf(id);
    if (type == GgufTokenType::kNormal || type == GgufTokenType::kUndefined ||
        type == GgufTokenType::kUnused) {
      result.push_back({vocabulary.tokens[id], vocabulary.scores[id]});
    }
  }
  return result;
}

absl::StatusOr<Json> StoredMerges(const CheckedVocabulary& checked) {
  const GgufVocabulary& vocabulary = *checked.vocabulary;
  Json merges = Json::array();
  absl::flat_hash_set<absl::string_view> seen;
  for (size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const absl::string_view line = vocabulary.merges[rank];
    const size_t space = line.find(' ', 1);
    if (space == absl::string_view::npos) {
      return VocabularyError(
          vocabulary, "merges",
          absl::StrCat("merge ", rank, " (", QuotedToken(line), ") is not two tokens"));
    }
    const absl::string_view left = line.substr(0, space);
    const absl::string_view right = line.substr(space + 1);
    for (const std::string& token :
         {std::string(left), std::string(right), absl::StrCat(left, right)}) {
      if (checked.ids.contains(token)) continue;
      return VocabularyError(
          vocabulary, "merges",
          absl::StrCat("merge ", rank, " (", QuotedToken(line), ") needs the token ",
                       QuotedToken(token), ", which tokenizer.ggml.tokens lacks"));
    }
    // The first of two equal merges counts, as in llama.cpp.
    if (seen.insert(line).second) merges.push_back({left, right});
  }
  return merges;
}

absl::StatusOr<TokenizerParts> ByteLevelTokenizer(const GgufVocabulary& vocabulary) {
  if (vocabulary.pre.empty()) {
    return VocabularyError(
        vocabulary, "pre",
        "is missing: the file does not say how text is cut into words. Convert the model "
        "again with a newer convert_hf_to_gguf.py");
  }
  absl::StatusOr<PreTokenizer> pre = FindPreTokenizer(vocabulary.pre);
  if (!pre.ok()) return VocabularyError(vocabulary, "pre", pre.status().message());
  ASSAY_ASSIGN_OR_RETURN(const CheckedVocabulary checked,
                         CheckVocabulary(vocabulary, pre->add_bos));

  TokenizerParts parts;
  parts.added_tokens = AddedTokens(checked);
  Json steps = Json::array();
  for (absl::string_view pattern : pre->patterns) steps.push_back(SplitStep(pattern));
  const Json byte_level = ByteLevelStep(/*add_prefix_space=*/false, /*use_regex=*/false);
  steps.push_back(byte_level);
  parts.pre_tokenizer = PreTokenizerSequence(std::move(steps));
  parts.post_processor = PostProcessor(checked);
  parts.decoder = byte_level;
  parts.model = BpeModel(Vocabulary(checked));
  parts.model["ignore_merges"] = pre->ignore_merges;
  ASSAY_ASSIGN_OR_RETURN(parts.model["merges"], StoredMerges(checked));
  return parts;
}

absl::StatusOr<TokenizerParts> SentencePieceTokenizer(const GgufVocabulary& vocabulary) {
  if (vocabulary.scores.empty()) {
    return VocabularyError(vocabulary, "scores",
                           "is missing; the model \"llama\" needs one for each token");
  }
  ASSAY_ASSIGN_OR_RETURN(const CheckedVocabulary checked,
                         CheckVocabulary(vocabulary, /*add_bos_default=*/true));
  const bool space_first = vocabulary.add_space_prefix.value_or(true);

  TokenizerParts parts;
  parts.added_tokens = AddedTokens(checked);
  Json normalizers = Json::array();
  if (space_first) normalizers.push_back({{"type", "Prepend"}, {"prepend", kSpaceMark}});
  normalizers.push_back(ReplaceStep(" ", kSpaceMark));
  parts.normalizer = NormalizerSequence(std::move(normalizers));
  parts.post_processor = PostProcessor(checked);
  parts.decoder = SentencePieceDecoder(/*strip_spaces=*/space_first ? 1 : 0);
  Json& model = parts.model;
  model = BpeModel(Vocabulary(checked));
  if (checked.special.unk.has_value()) model["unk_token"] = checked.tokens[*checked.special.unk];
  model["fuse_unk"] = true;
  model["byte_fallback"] = true;
  Json& merges = model["merges"];
  for (const auto& [left, right] : SentencePieceMerges(MergeableTokens(vocabulary))) {
    merges.push_back({left, right});
  }
  return parts;
}

std::string TokenText(const GgufVocabulary& vocabulary, std::optional<int32_t> id) {
  return id.has_value() ? vocabulary.tokens[*id] : std::string();
}

}  // namespace

absl::StatusOr<std::string> GgufTokenizerJson(const GgufVocabulary& vocabulary) {
  absl::StatusOr<TokenizerParts> parts;
  if (vocabulary.model == kByteLevelModel) {
    parts = ByteLevelTokenizer(vocabulary);
  } else if (vocabulary.model == kSentencePieceModel) {
    parts = SentencePieceTokenizer(vocabulary);
  } else {
    return VocabularyError(
        vocabulary, "model",
        absl::StrCat("\"", vocabulary.model, "\" is not supported; supported are \"",
                     kByteLevelModel, "\" and \"", kSentencePieceModel, "\""));
  }
  if (!parts.ok()) return parts.status();
  return DumpTokenizer(*std::move(parts));
}

SpecialTokens GgufSpecialTokens(const GgufVocabulary& vocabulary) {
  const SpecialIds ids = FindSpecialIds(vocabulary);
  return {.bos = TokenText(vocabulary, ids.bos),
          .eos = TokenText(vocabulary, ids.eos),
          .unk = TokenText(vocabulary, ids.unk),
          .pad = TokenText(vocabulary, ids.pad)};
}

}  // namespace assay
