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

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kByteLevelModel = "gpt2";
constexpr absl::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581, SentencePiece's space

Json AddedTokens(const CheckedVocabulary& checked) {
  Json added = Json::array();
  for (size_t i = 0; i < checked.tokens.size(); ++i) {
    const auto id = static_cast<int32_t>(i);
    const GgufTokenType type = checked.vocabulary->TypeOf(i);
    const bool special = type == GgufTokenType::kControl || type == GgufTokenType::kUnknown ||
                         checked.special.bos == id || checked.special.eos == id;
    if (!special && type != GgufTokenType::kUserDefined) continue;
    added.push_back({{"id", id},
                     {"content", checked.tokens[i]},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", special}});
  }
  return added;
}

// Null when nothing is added around the text.
Json PostProcessor(const CheckedVocabulary& checked) {
  if (!checked.add_bos && !checked.add_eos) return nullptr;
  Json special = Json::object();
  const auto piece = [&](int32_t id) -> Json {
    const std::string& token = checked.tokens[id];
    special[token] = {{"id", token}, {"ids", Json::array({id})}, {"tokens", Json::array({token})}};
    return {{"SpecialToken", {{"id", token}, {"type_id", 0}}}};
  };
  Json single = Json::array();
  Json pair = Json::array();
  for (const char* sequence : {"A", "B"}) {
    Json part = Json::array();
    if (checked.add_bos) part.push_back(piece(*checked.special.bos));
    part.push_back({{"Sequence", {{"id", sequence}, {"type_id", 0}}}});
    if (checked.add_eos) part.push_back(piece(*checked.special.eos));
    if (single.empty()) single = part;
    pair.insert(pair.end(), part.begin(), part.end());
  }
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(special)}};
}

Json BpeModel(const CheckedVocabulary& checked) {
  Json vocabulary = Json::object();
  for (size_t id = 0; id < checked.tokens.size(); ++id) vocabulary[checked.tokens[id]] = id;
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", std::move(vocabulary)},
          {"merges", Json::array()}};
}

// A whole tokenizer.json of its parts.
Json Assemble(const CheckedVocabulary& checked, Json normalizer, Json pre_tokenizer, Json decoder,
              Json model) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", AddedTokens(checked)},
          {"normalizer", std::move(normalizer)},
          {"pre_tokenizer", std::move(pre_tokenizer)},
          {"post_processor", PostProcessor(checked)},
          {"decoder", std::move(decoder)},
          {"model", std::move(model)}};
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

absl::StatusOr<Json> ByteLevelTokenizer(const GgufVocabulary& vocabulary) {
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

  Json steps = Json::array();
  for (absl::string_view pattern : pre->patterns) {
    steps.push_back({{"type", "Split"},
                     {"pattern", {{"Regex", pattern}}},
                     {"behavior", "Isolated"},
                     {"invert", false}});
  }
  const Json byte_level = {{"type", "ByteLevel"},
                           {"add_prefix_space", false},
                           {"trim_offsets", true},
                           {"use_regex", false}};
  steps.push_back(byte_level);

  Json model = BpeModel(checked);
  model["ignore_merges"] = pre->ignore_merges;
  ASSAY_ASSIGN_OR_RETURN(model["merges"], StoredMerges(checked));
  return Assemble(checked, /*normalizer=*/nullptr,
                  {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}}, byte_level,
                  std::move(model));
}

absl::StatusOr<Json> SentencePieceTokenizer(const GgufVocabulary& vocabulary) {
  if (vocabulary.scores.empty()) {
    return VocabularyError(vocabulary, "scores",
                           "is missing; the model \"llama\" needs one for each token");
  }
  ASSAY_ASSIGN_OR_RETURN(const CheckedVocabulary checked,
                         CheckVocabulary(vocabulary, /*add_bos_default=*/true));
  const bool space_first = vocabulary.add_space_prefix.value_or(true);

  Json normalizers = Json::array();
  if (space_first) normalizers.push_back({{"type", "Prepend"}, {"prepend", kSpaceMark}});
  normalizers.push_back(
      {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpaceMark}});

  Json decoders = {{{"type", "Replace"}, {"pattern", {{"String", kSpaceMark}}}, {"content", " "}},
                   {{"type", "ByteFallback"}},
                   {{"type", "Fuse"}}};
  if (space_first) {
    decoders.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }

  Json model = BpeModel(checked);
  if (checked.special.unk.has_value()) model["unk_token"] = checked.tokens[*checked.special.unk];
  model["fuse_unk"] = true;
  model["byte_fallback"] = true;
  Json merges = Json::array();
  for (const auto& [left, right] : SentencePieceMerges(vocabulary)) merges.push_back({left, right});
  model["merges"] = std::move(merges);
  return Assemble(checked, {{"type", "Sequence"}, {"normalizers", std::move(normalizers)}},
                  /*pre_tokenizer=*/nullptr,
                  {{"type", "Sequence"}, {"decoders", std::move(decoders)}}, std::move(model));
}

std::string TokenText(const GgufVocabulary& vocabulary, std::optional<int32_t> id) {
  return id.has_value() ? vocabulary.tokens[*id] : std::string();
}

}  // namespace

absl::StatusOr<std::string> GgufTokenizerJson(const GgufVocabulary& vocabulary) {
  absl::StatusOr<Json> json;
  if (vocabulary.model == kByteLevelModel) {
    json = ByteLevelTokenizer(vocabulary);
  } else if (vocabulary.model == kSentencePieceModel) {
    json = SentencePieceTokenizer(vocabulary);
  } else {
    return VocabularyError(
        vocabulary, "model",
        absl::StrCat("\"", vocabulary.model, "\" is not supported; supported are \"",
                     kByteLevelModel, "\" and \"", kSentencePieceModel, "\""));
  }
  if (!json.ok()) return json.status();
  return json->dump();
}

SpecialTokens GgufSpecialTokens(const GgufVocabulary& vocabulary) {
  const SpecialIds ids = FindSpecialIds(vocabulary);
  return {.bos = TokenText(vocabulary, ids.bos),
          .eos = TokenText(vocabulary, ids.eos),
          .unk = TokenText(vocabulary, ids.unk),
          .pad = TokenText(vocabulary, ids.pad)};
}

}  // namespace assay
