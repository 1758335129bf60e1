#include "worker/tokenizer/sentencepiece_merges.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "absl/container/flat_hash_map.h"

namespace assay {
namespace {

struct Merge {
  float score;
  int32_t whole;
  int32_t left;
  int32_t right;
};

bool ComesFromMerging(const GgufVocabulary& vocabulary, size_t id) {
  switch (vocabulary.TypeOf(id)) {
    case GgufTokenType::kUnknown:
    case GgufTokenType::kControl:
    case GgufTokenType::kUserDefined:
    case GgufTokenType::kByte:
      return false;
    case GgufTokenType::kUndefined:
    case GgufTokenType::kNormal:
    case GgufTokenType::kUnused:
      return true;
  }
  return false;
}

bool IsCharacterStart(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; }

}  // namespace

std::vector<std::pair<absl::string_view, absl::string_view>> SentencePieceMerges(
    const GgufVocabulary& vocabulary) {
  absl::flat_hash_map<absl::string_view, int32_t> ids;
  ids.reserve(vocabulary.tokens.size());
  for (size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (ComesFromMerging(vocabulary, id)) ids[vocabulary.tokens[id]] = static_cast<int32_t>(id);
  }

  std::vector<Merge> merges;
  for (const auto& [token, whole] : ids) {
    for (size_t cut = 1; cut < token.size(); ++cut) {
      if (!IsCharacterStart(token[cut])) continue;
      const auto left = ids.find(token.substr(0, cut));
      if (left == ids.end()) continue;
      const auto right = ids.find(token.substr(cut));
      if (right == ids.end()) continue;
      merges.push_back({vocabulary.scores[whole], whole, left->second, right->second});
    }
  }
  std::sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    if (a.score != b.score) return a.score > b.score;
    return std::tie(a.whole, a.left, a.right) < std::tie(b.whole, b.left, b.right);
  });

  std::vector<std::pair<absl::string_view, absl::string_view>> result;
  result.reserve(merges.size());
  for (const Merge& merge : merges) {
    result.emplace_back(vocabulary.tokens[merge.left], vocabulary.tokens[merge.right]);
  }
  return result;
}

}  // namespace assay
