#include "worker/tokenizer/tokenizer_json.h"

#include <utility>

namespace assay {
namespace {

using Json = nlohmann::json;

Json AddedTokens(absl::Span<const AddedTokenWithId> tokens) {
  Json result = Json::array();
  for (const AddedTokenWithId& added : tokens) {
    result.push_back({{"id", added.id},
                      {"content", added.token.content},
                      {"single_word", added.token.single_word},
                      {"lstrip", added.token.lstrip},
                      {"rstrip", added.token.rstrip},
                      {"normalized", added.token.normalized},
                      {"special", added.token.special}});
  }
  return result;
}

}  // namespace

std::string DumpTokenizer(TokenizerParts parts) {
  const Json json = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", AddedTokens(parts.added_tokens)},
                     {"normalizer", std::move(parts.normalizer)},
                     {"pre_tokenizer", std::move(parts.pre_tokenizer)},
                     {"post_processor", std::move(parts.post_processor)},
                     {"decoder", std::move(parts.decoder)},
                     {"model", std::move(parts.model)}};
  return json.dump();
}

Json TemplateProcessing(absl::Span<const TokenWithId> before, absl::Span<const TokenWithId> after) {
  if (before.empty() && after.empty()) return nullptr;
  Json special = Json::object();
  const auto pieces = [&](absl::Span<const TokenWithId> tokens, Json& part) {
    for (const TokenWithId& token : tokens) {
      special[token.text] = {{"id", token.text},
                             {"ids", Json::array({token.id})},
                             {"tokens", Json::array({token.text})}};
      part.push_back({{"SpecialToken", {{"id", token.text}, {"type_id", 0}}}});
    }
  };
  Json single = Json::array();
  Json pair = Json::array();
  for (const char* sequence : {"A", "B"}) {
    Json part = Json::array();
    pieces(before, part);
    part.push_back({{"Sequence", {{"id", sequence}, {"type_id", 0}}}});
    pieces(after, part);
    if (single.empty()) single = part;
    pair.insert(pair.end(), part.begin(), part.end());
  }
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", std::move(special)}};
}

Json BpeModel(Json vocabulary) {
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

Json ReplaceStep(absl::string_view from, absl::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

Json ReplaceRegexStep(absl::string_view regex, absl::string_view to) {
  return {{"type", "Replace"}, {"pattern", {{"Regex", regex}}}, {"content", to}};
}

Json SplitStep(absl::string_view regex) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", regex}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

Json ByteLevelStep(bool add_prefix_space, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", true},
          {"use_regex", use_regex}};
}

Json NormalizerSequence(Json steps) {
  return {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

Json PreTokenizerSequence(Json steps) {
  return {{"type", "Sequence"}, {"pretokenizers", std::move(steps)}};
}

Json DecoderSequence(Json steps) { return {{"type", "Sequence"}, {"decoders", std::move(steps)}}; }

Json SentencePieceDecoder(int strip_spaces) {
  Json steps = {ReplaceStep(kSpaceMark, " "), {{"type", "ByteFallback"}}, {{"type", "Fuse"}}};
  if (strip_spaces > 0) {
    steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", strip_spaces}, {"stop", 0}});
  }
  return DecoderSequence(std::move(steps));
}

}  // namespace assay
