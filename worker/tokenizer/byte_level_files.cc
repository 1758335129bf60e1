#include "worker/tokenizer/byte_level_files.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/token_table.h"
#include "worker/tokenizer/tokenizer_class.h"
#include "worker/tokenizer/tokenizer_json.h"
#include "worker/tokenizer/utf8.h"
#include "worker/tokenizer/word_patterns.h"

namespace assay {
namespace {

using Json = nlohmann::json;

absl::Status FileError(absl::string_view file, absl::string_view text) {
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", text));
}

std::array<std::string, 256> ByteLevelCharacters() {
  std::array<std::string, 256> result;
  uint32_t next = 256;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) ||
                           (byte >= 0xAE && byte <= 0xFF);
    const uint32_t code = printable ? byte : next++;
    if (code < 0x80) {
      result[byte] = std::string(1, static_cast<char>(code));
    } else {
      result[byte] = {static_cast<char>(0xC0 | (code >> 6)),
                      static_cast<char>(0x80 | (code & 0x3F))};
    }
  }
  return result;
}

const std::array<std::string, 256>& Characters() {
  static const auto& characters = *new std::array<std::string, 256>(ByteLevelCharacters());
  return characters;
}

// `tokens` is filled from an object of texts and ids.
absl::Status ReadVocabulary(absl::string_view file, absl::string_view text, TokenTable& tokens) {
  const Json json = Json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return FileError(file, "not a JSON object");
  for (auto entry = json.begin(); entry != json.end(); ++entry) {
    if (!entry->is_number_unsigned() || entry->get<uint64_t>() > TokenTable::kMaxId) {
      return FileError(file, absl::StrCat("the token \"", absl::Utf8SafeCHexEscape(entry.key()),
                                          "\" must have an id from 0 to ", TokenTable::kMaxId));
    }
    const absl::Status added = tokens.Add(entry.key(), entry->get<int64_t>());
    if (!added.ok()) return FileError(file, added.message());
  }
  return absl::OkStatus();
}

bool HasEveryByte(const TokenTable& tokens) {
  return std::all_of(Characters().begin(), Characters().end(), [&](const std::string& character) {
    return tokens.Find(character).has_value();
  });
}

// The white space that Python's split() separates the tokens of a merge by; byte-level characters
// are none of it.
std::vector<absl::string_view> SplitMerge(absl::string_view line) {
  return absl::StrSplit(line, absl::ByAnyChar(" \t\r\v\f"), absl::SkipEmpty());
}

absl::StatusOr<Json> ReadMerges(absl::string_view file, absl::string_view text,
                                const TokenTable& tokens) {
  Json merges = Json::array();
  absl::flat_hash_set<std::pair<absl::string_view, absl::string_view>> seen;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto error = [&](absl::string_view what) {
      return FileError(file, absl::StrCat("line ", number, ": ", what));
    };
    if (number == 1 && absl::ConsumePrefix(&line, "#version:")) continue;
    const std::vector<absl::string_view> parts = SplitMerge(line);
    if (parts.empty()) continue;
    if (!IsUtf8(line)) return error("not UTF-8");
    if (parts.size() != 2) {
      return error(absl::StrCat("a merge is two tokens, not ", parts.size()));
    }
    for (const std::string& token :
         {std::string(parts[0]), std::string(parts[1]), absl::StrCat(parts[0], parts[1])}) {
      if (tokens.Find(token).has_value()) continue;
      return error(
          absl::StrCat("the token \"", absl::Utf8SafeCHexEscape(token), "\" is not in vocab.json"));
    }
    if (seen.emplace(parts[0], parts[1]).second) merges.push_back({parts[0], parts[1]});
  }
  return merges;
}

}  // namespace

std::string ByteLevelText(absl::string_view bytes) {
  std::string result;
  for (const char byte : bytes) result += Characters()[static_cast<uint8_t>(byte)];
  return result;
}

absl::StatusOr<BuiltTokenizer> BuildByteLevelTokenizer(absl::string_view vocabulary_file,
                                                       absl::string_view vocabulary_json,
                                                       absl::string_view merges_file,
                                                       absl::string_view merges_text,
                                                       const TokenizerSettings& settings) {
  const TokenizerClass tokenizer_class = FindTokenizerClass(settings, /*byte_level=*/true);
  TokenTable tokens;
  ASSAY_RETURN_IF_ERROR(ReadVocabulary(vocabulary_file, vocabulary_json, tokens));
  ASSAY_ASSIGN_OR_RETURN(Json merges, ReadMerges(merges_file, merges_text, tokens));
  ASSAY_RETURN_IF_ERROR(tokens.AddDeclared(settings));
  ASSAY_ASSIGN_OR_RETURN(AddedTokens added,
                         CollectAddedTokens(settings, tokenizer_class, /*own=*/{}, tokens));

  TokenizerParts parts;
  parts.added_tokens = std::move(added.tokens);
  const bool space_first = settings.add_prefix_space.value_or(false);
  const bool qwen2 = tokenizer_class.kind == TokenizerKind::kQwen2;
  if (qwen2 || tokenizer_class.kind == TokenizerKind::kGptNeoX) {
    parts.normalizer = {{"type", "NFC"}};
  }
  if (qwen2) {
    parts.pre_tokenizer = PreTokenizerSequence(
        Json::array({SplitStep(kQwen2Words), ByteLevelStep(space_first, /*use_regex=*/false)}));
  } else {
    parts.pre_tokenizer = ByteLevelStep(space_first, /*use_regex=*/true);
  }
  parts.decoder = ByteLevelStep(/*add_prefix_space=*/true, /*use_regex=*/true);

  const auto token = [&](const std::string& text,
                         absl::string_view why) -> absl::StatusOr<TokenWithId> {
    const std::optional<int32_t> id = tokens.Find(text);
    if (text.empty() || !id.has_value()) {
      return FileError(vocabulary_file,
                       absl::StrCat("there is no token \"", text, "\", which ", why, " needs"));
    }
    return TokenWithId{text, *id};
  };
  std::vector<TokenWithId> before;
  std::vector<TokenWithId> after;
  if (settings.add_bos.value_or(false) && !qwen2) {
    ASSAY_ASSIGN_OR_RETURN(TokenWithId bos, token(added.special.bos, "add_bos_token"));
    before.push_back(std::move(bos));
  }
  if (settings.add_eos.value_or(false) && tokenizer_class.kind == TokenizerKind::kGptNeoX) {
    ASSAY_ASSIGN_OR_RETURN(TokenWithId eos, token(added.special.eos, "add_eos_token"));
    after.push_back(std::move(eos));
  }
  parts.post_processor = TemplateProcessing(before, after);

  Json vocabulary = Json::object();
  for (const auto& [text, id] : tokens.ids()) vocabulary[text] = id;
  parts.model = BpeModel(std::move(vocabulary));
  parts.model["merges"] = std::move(merges);
  if (!HasEveryByte(tokens)) {
    ASSAY_ASSIGN_OR_RETURN(const TokenWithId unk,
                           token(added.special.unk, "text with bytes that have no token"));
    parts.model["unk_token"] = unk.text;
  }
  BuiltTokenizer result;
  result.special = std::move(added.special);
  result.json = DumpTokenizer(std::move(parts));
  return result;
}

}  // namespace assay
