// The tokens of a tokenizer that is being put together: its vocabulary, and the added tokens that
// its settings name.
#ifndef ASSAY_WORKER_TOKENIZER_TOKEN_TABLE_H_
#define ASSAY_WORKER_TOKENIZER_TOKEN_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/tokenizer/added_token.h"
#include "worker/tokenizer/special_tokens.h"
#include "worker/tokenizer/tokenizer_class.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace assay {

// Texts and ids, one to one.
class TokenTable {
 public:
  static constexpr int32_t kMaxId = (1 << 24) - 1;

  // InvalidArgument: the text or the id is there already, the text is empty, or the id is beyond
  // kMaxId. The message does not name a file.
  absl::Status Add(absl::string_view text, int64_t id);
  // The tokens of added_tokens_decoder or added_tokens.json, at the ids that they have there; one
  // that takes the place of another token gives it a new text.
  absl::Status AddDeclared(const TokenizerSettings& settings);

  std::optional<int32_t> Find(absl::string_view text) const;
  // Null: none has the id.
  const std::string* TextOf(int32_t id) const;
  // The highest id + 1.
  int32_t size() const { return size_; }
  const absl::flat_hash_map<std::string, int32_t>& ids() const { return ids_; }

 private:
  absl::flat_hash_map<std::string, int32_t> ids_;
  absl::flat_hash_map<int32_t, std::string> texts_;
  int32_t size_ = 0;
};

struct AddedTokens {
  std::vector<AddedTokenWithId> tokens;
  SpecialTokens special;
};

// What is found in texts as a whole, in the order of transformers, so that the later flags of a
// token that is named twice hold: `own` of the vocabulary, the declared ones, those with a role in
// the settings or the class, and additional_special_tokens. A token that has no id yet gets the
// next one, but none that config.json's vocab_size leaves no row for; it is left out instead.
absl::StatusOr<AddedTokens> CollectAddedTokens(const TokenizerSettings& settings,
                                               const TokenizerClass& tokenizer_class,
                                               absl::Span<const AddedToken> own, TokenTable& table);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKEN_TABLE_H_
