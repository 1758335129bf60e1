#include "worker/tokenizer/tiktoken_file.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/byte_level_files.h"
#include "worker/tokenizer/token_table.h"
#include "worker/tokenizer/tokenizer_class.h"
#include "worker/tokenizer/tokenizer_json.h"
#include "worker/tokenizer/word_patterns.h"

namespace assay {
namespace {

using Json = nlohmann::json;
using Ranks = absl::flat_hash_map<std::string, int32_t>;  // bytes to rank

constexpr size_t kMaxTokenBytes = 1024;
constexpr int kLlama3Specials = 256;
constexpr int kQwenExtras = 205;

absl::Status LineError(absl::string_view file, size_t line, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": line ", line, ": ", text));
}

bool ParseLine(absl::string_view line, std::string& bytes, int32_t& rank) {
  const size_t space = line.find(' ');
  return space != absl::string_view::npos && absl::Base64Unescape(line.substr(0, space), &bytes) &&
         !bytes.empty() && absl::SimpleAtoi(line.substr(space + 1), &rank) && rank >= 0 &&
         rank <= TokenTable::kMaxId;
}

absl::Status ReadRanks(absl::string_view file, absl::string_view content, Ranks& ranks,
                       TokenTable& tokens) {
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    absl::ConsumeSuffix(&line, "\r");
    if (line.empty()) continue;
    std::string bytes;
    int32_t rank = 0;
    if (!ParseLine(line, bytes, rank)) {
      return LineError(file, number, "not a token in base64, a space, and its rank");
    }
    if (bytes.size() > kMaxTokenBytes) {
      return LineError(file, number, absl::StrCat("a token of ", bytes.size(), " bytes"));
    }
    const absl::Status added = tokens.Add(ByteLevelText(bytes), rank);
    if (!added.ok()) return LineError(file, number, added.message());
    ranks.emplace(std::move(bytes), rank);
  }
  for (int byte = 0; byte < 256; ++byte) {
    if (ranks.contains(std::string(1, static_cast<char>(byte)))) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: the byte 0x%02X has no token", file, byte));
  }
  return absl::OkStatus();
}

// Every way to cut a token into two, in the order of the tokens' ranks, then of the parts' ranks,
// as transformers' TikTokenConverter has it.
Json Merges(const Ranks& ranks) {
  struct Merge {
    int32_t whole, left, right;
    absl::string_view text;
    size_t cut;
  };
  std::vector<Merge> merges;
  for (const auto& [bytes, rank] : ranks) {
    const absl::string_view text = bytes;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      const auto left = ranks.find(text.substr(0, cut));
      if (left == ranks.end()) continue;
      const auto right = ranks.find(text.substr(cut));
      if (right == ranks.end()) continue;
      merges.push_back({rank, left->second, right->second, text, cut});
    }
  }
  std::sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tie(a.whole, a.left, a.right) < std::tie(b.whole, b.left, b.right);
  });
  Json result = Json::array();
  for (const Merge& merge : merges) {
    result.push_back({ByteLevelText(merge.text.substr(0, merge.cut)),
                      ByteLevelText(merge.text.substr(merge.cut))});
  }
  return result;
}

std::vector<std::string> QwenSpecials() {
  std::vector<std::string> result = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  for (int i = 0; i < kQwenExtras; ++i) result.push_back(absl::StrCat("<|extra_", i, "|>"));
  return result;
}

std::vector<std::string> Llama3Specials() {
  std::vector<std::string> result = {"<|begin_of_text|>",
                                     "<|end_of_text|>",
                                     "<|reserved_special_token_0|>",
                                     "<|reserved_special_token_1|>",
                                     "<|finetune_right_pad_id|>",
                                     "<|step_id|>",
                                     "<|start_header_id|>",
                                     "<|end_header_id|>",
                                     "<|eom_id|>",
                                     "<|eot_id|>",
                                     "<|python_tag|>"};
  for (int i = 2; static_cast<int>(result.size()) < kLlama3Specials; ++i) {
    result.push_back(absl::StrCat("<|reserved_special_token_", i, "|>"));
  }
  return result;
}

}  // namespace

bool LooksLikeTiktoken(absl::string_view content) {
  absl::string_view line = content.substr(0, std::min(content.find('\n'), content.size()));
  absl::ConsumeSuffix(&line, "\r");
  std::string bytes;
  int32_t rank = 0;
  return line.size() <= 2 * kMaxTokenBytes && ParseLine(line, bytes, rank);
}

absl::StatusOr<BuiltTokenizer> BuildTiktokenTokenizer(absl::string_view file,
                                                      absl::string_view content,
                                                      const TokenizerSettings& settings) {
  TokenizerClass tokenizer_class = FindTokenizerClass(settings, /*byte_level=*/true);
  const bool glm = tokenizer_class.kind == TokenizerKind::kChatGlm;
  const bool qwen = !glm && absl::EndsWith(file, ".tiktoken");
  const bool llama3 = !glm && !qwen;

  Ranks ranks;
  TokenTable tokens;
  ASSAY_RETURN_IF_ERROR(ReadRanks(file, content, ranks, tokens));
  std::vector<AddedToken> own;
  if (settings.added.empty() && !glm) {
    for (std::string& text : qwen ? QwenSpecials() : Llama3Specials()) {
      const absl::Status added = tokens.Add(text, tokens.size());
      if (!added.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(file, ": ", added.message()));
      }
      own.push_back({.content = std::move(text), .special = true});
    }
  }
  ASSAY_RETURN_IF_ERROR(tokens.AddDeclared(settings));
  // The class's own defaults are those of other files.
  tokenizer_class.unk = tokenizer_class.pad = tokenizer_class.bos = tokenizer_class.eos = {};
  if (qwen) tokenizer_class.eos = "<|endoftext|>";
  if (llama3 && tokens.Find("<|begin_of_text|>").has_value()) {
    tokenizer_class.bos = "<|begin_of_text|>";
    tokenizer_class.eos = "<|end_of_text|>";
  }
  ASSAY_ASSIGN_OR_RETURN(AddedTokens added,
                         CollectAddedTokens(settings, tokenizer_class, own, tokens));

  TokenizerParts parts;
  parts.added_tokens = std::move(added.tokens);
  if (qwen) parts.normalizer = {{"type", "NFC"}};
  parts.pre_tokenizer = PreTokenizerSequence(
      Json::array({SplitStep(qwen ? kQwen2Words : kLlama3Words),
                   ByteLevelStep(/*add_prefix_space=*/false, /*use_regex=*/false)}));
  parts.decoder = ByteLevelStep(/*add_prefix_space=*/true, /*use_regex=*/true);

  std::vector<std::string> first;
  if (glm) first = {"[gMASK]", "<sop>"};
  if (llama3 && settings.add_bos.value_or(true)) first = {added.special.bos};
  std::vector<TokenWithId> before;
  for (const std::string& text : first) {
    const std::optional<int32_t> id = tokens.Find(text);
    if (text.empty() || !id.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": the token \"", text, "\", which comes before every text, is not ",
                       "there; tokenizer_config.json should name it in added_tokens_decoder"));
    }
    before.push_back({text, *id});
  }
  parts.post_processor = TemplateProcessing(before, {});

  Json vocabulary = Json::object();
  for (const auto& [text, id] : tokens.ids()) vocabulary[text] = id;
  parts.model = BpeModel(std::move(vocabulary));
  parts.model["ignore_merges"] = true;
  parts.model["merges"] = Merges(ranks);
  BuiltTokenizer result;
  result.special = std::move(added.special);
  result.json = DumpTokenizer(std::move(parts));
  return result;
}

}  // namespace assay
