#include "worker/tokenizer/rwkv_vocabulary.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/utf8.h"

namespace assay {
namespace {

constexpr int32_t kMaxId = (1 << 24) - 1;
constexpr size_t kMaxTokenBytes = 1024;

// Byte strings and what the longest of them is that a text begins with.
class Trie {
 public:
  void Add(absl::string_view token, int32_t id) {
    uint32_t node = 0;
    for (const char byte : token) {
      const auto [next, inserted] =
          children_.emplace(Edge(node, byte), static_cast<uint32_t>(ids_.size()));
      if (inserted) ids_.push_back(kNone);
      node = next->second;
    }
    ids_[node] = id;
  }

  struct Match {
    int32_t id = kNone;
    size_t size = 0;
  };
  Match Longest(absl::string_view text) const {
    Match best;
    uint32_t node = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      const auto next = children_.find(Edge(node, text[i]));
      if (next == children_.end()) break;
      node = next->second;
      if (ids_[node] != kNone) best = {ids_[node], i + 1};
    }
    return best;
  }

 private:
  static constexpr int32_t kNone = -1;
  static uint64_t Edge(uint32_t node, char byte) {
    return (static_cast<uint64_t>(node) << 8) | static_cast<uint8_t>(byte);
  }

  absl::flat_hash_map<uint64_t, uint32_t> children_;
  std::vector<int32_t> ids_ = {kNone};  // by node
};

class RwkvCodec : public TokenCodec {
 public:
  RwkvCodec() { (void)Add(std::string(kRwkvEndToken), kRwkvEndId, /*in_texts=*/false); }

  absl::Status Add(std::string token, int32_t id, bool in_texts = true) {
    if (!tokens_.emplace(id, token).second) {
      return absl::InvalidArgumentError(absl::StrCat("the id ", id, " is there twice"));
    }
    if (in_texts) trie_.Add(token, id);
    if (!ids_.emplace(std::move(token), id).second) {
      return absl::InvalidArgumentError("the token is there twice");
    }
    size_ = std::max<int64_t>(size_, int64_t{id} + 1);
    return absl::OkStatus();
  }

  void Finish() {
    std::vector<int32_t> ids;
    for (const auto& [id, token] : tokens_) ids.push_back(id);
    std::sort(ids.begin(), ids.end());
    std::string canonical = "rwkv\n";
    for (const int32_t id : ids) {
      const std::string& token = tokens_.at(id);
      absl::StrAppend(&canonical, id, " ", token.size(), " ", token, "\n");
    }
    digest_ = Sha256Hex(canonical);
  }

  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text,
                                              bool /*add_special_tokens*/) const override {
    const size_t valid = Utf8ValidUpTo(text);
    if (valid != text.size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cannot turn the text into tokens: the text is not UTF-8: bad byte at offset ", valid));
    }
    std::vector<int32_t> result;
    while (!text.empty()) {
      const Trie::Match match = trie_.Longest(text);
      if (match.size == 0) return absl::InternalError("a byte has no token");
      result.push_back(match.id);
      text.remove_prefix(match.size);
    }
    return result;
  }

  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids,
                                     bool skip_special_tokens) const override {
    std::string bytes;
    for (const int32_t id : token_ids) {
      if (id < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("cannot turn the tokens into text: token id ", id, " is negative"));
      }
      if (id == kRwkvEndId && skip_special_tokens) continue;
      const auto token = tokens_.find(id);
      if (token != tokens_.end()) bytes += token->second;
    }
    return ReplaceIllFormedUtf8(bytes);
  }

  std::optional<int32_t> TokenToId(absl::string_view token) const override {
    const auto found = ids_.find(token);
    if (found == ids_.end()) return std::nullopt;
    return found->second;
  }

  int64_t vocabulary_size() const override { return size_; }
  const std::string& digest() const override { return digest_; }

 private:
  absl::flat_hash_map<int32_t, std::string> tokens_;
  absl::flat_hash_map<std::string, int32_t> ids_;
  Trie trie_;
  int64_t size_ = 0;
  std::string digest_;
};

absl::Status AddLine(absl::string_view line, RwkvCodec& codec) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  int32_t id = 0;
  size_t size = 0;
  if (first == absl::string_view::npos || first == last ||
      !absl::SimpleAtoi(line.substr(0, first), &id) ||
      !absl::SimpleAtoi(line.substr(last + 1), &size)) {
    return absl::InvalidArgumentError("not an id, a string as Python writes it, and its length");
  }
  if (id < 1 || id > kMaxId) {
    return absl::InvalidArgumentError(absl::StrCat("the id must be from 1 to ", kMaxId));
  }
  ASSAY_ASSIGN_OR_RETURN(std::string token,
                         ParsePythonString(line.substr(first + 1, last - first - 1)));
  if (token.size() != size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the token has ", token.size(), " bytes, not ", size));
  }
  if (token.empty() || token.size() > kMaxTokenBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a token must have 1 to ", kMaxTokenBytes, " bytes"));
  }
  return codec.Add(std::move(token), id);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenCodec>> OpenRwkvVocabulary(absl::string_view file,
                                                               absl::string_view content) {
  auto codec = std::make_unique<RwkvCodec>();
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(content, '\n')) {
    ++number;
    absl::ConsumeSuffix(&line, "\r");
    if (line.empty()) continue;
    const absl::Status added = AddLine(line, *codec);
    if (added.ok()) continue;
    return absl::InvalidArgumentError(absl::StrCat(file, ": line ", number, ": ", added.message()));
  }
  for (int byte = 0; byte < 256; ++byte) {
    if (codec->TokenToId(std::string(1, static_cast<char>(byte))).has_value()) continue;
    return absl::InvalidArgumentError(
        absl::StrFormat("%s: the byte 0x%02X has no token", file, byte));
  }
  codec->Finish();
  return codec;
}

}  // namespace assay
