#include "worker/tokenizer/sentencepiece_merges.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "absl/container/flat_hash_set.h"
#include "worker/tokenizer/utf8.h"

namespace assay {
namespace {

struct Merge {
  float score;
  uint32_t left_size;  // in characters
  uint32_t right_size;
  uint32_t whole;  // index
  absl::string_view left;
  absl::string_view right;
};

uint32_t CountCharacters(absl::string_view text) {
  return static_cast<uint32_t>(std::count_if(text.begin(), text.end(), IsUtf8CharacterStart));
}

bool ComesFirst(const Merge& a, const Merge& b) {
  if (a.score != b.score) return a.score > b.score;
  return std::tie(b.left_size, b.right_size, a.whole) <
         std::tie(a.left_size, a.right_size, b.whole);
}

}  // namespace

std::vector<std::pair<absl::string_view, absl::string_view>> SentencePieceMerges(
    absl::Span<const ScoredToken> tokens) {
  absl::flat_hash_set<absl::string_view> known;
  known.reserve(tokens.size());
  for (const ScoredToken& token : tokens) known.insert(token.text);

  std::vector<Merge> merges;
  for (size_t i = 0; i < tokens.size(); ++i) {
    const absl::string_view text = tokens[i].text;
    for (size_t cut = 1; cut < text.size(); ++cut) {
      if (!IsUtf8CharacterStart(text[cut])) continue;
      const absl::string_view left = text.substr(0, cut);
      const absl::string_view right = text.substr(cut);
      if (!known.contains(left) || !known.contains(right)) continue;
      merges.push_back({tokens[i].score, CountCharacters(left), CountCharacters(right),
                        static_cast<uint32_t>(i), left, right});
    }
  }
  std::sort(merges.begin(), merges.end(), ComesFirst);

  std::vector<std::pair<absl::string_view, absl::string_view>> result;
  result.reserve(merges.size());
  for (const Merge& merge : merges) result.emplace_back(merge.left, merge.right);
  return result;
}

}  // namespace assay
