// Text to token ids and back, by the Rust crate `tokenizers` behind a C interface, or by code of
// our own where that library has nothing like it (RWKV).
//
//   ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Tokenizer> tokenizer, Tokenizer::FromFolder(directory));
//   ASSAY_ASSIGN_OR_RETURN(std::vector<int32_t> ids, tokenizer->Encode("One, two", true));
#ifndef ASSAY_WORKER_TOKENIZER_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_TOKENIZER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/tokenizer/special_tokens.h"

namespace assay {

class GgufFile;

// Thread-safe.
class Tokenizer {
 public:
  // A tokenizer.json, as the tokenizers library writes it. Truncation and padding that it may ask
  // for are not done. An added token whose id is not the one that the library gives it is an error.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> FromJson(absl::string_view json);
  // A folder with tokenizer.json or one of the other files that folder_tokenizer.h lists (and,
  // where there, tokenizer_config.json and chat_template.jinja).
  static absl::StatusOr<std::unique_ptr<Tokenizer>> FromFolder(const std::string& directory);
  // Built from the file's own vocabulary, merges and pre-tokenizer name (tokenizer.ggml.*); see
  // gguf_tokenizer.h for what is read and which defaults hold.
  static absl::StatusOr<std::unique_ptr<Tokenizer>> FromGguf(const GgufFile& file);
  ~Tokenizer();

  // `add_special_tokens`: with the BOS or other tokens that the tokenizer's post-processor adds.
  // Special tokens that are spelled out in `text` become their ids in any case, except where the
  // model's own class does not look for them (RWKV, ChatGLM). `text` must be UTF-8.
  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text,
                                              bool add_special_tokens) const;
  // Ill-formed UTF-8 in the result is replaced by U+FFFD. Clean-up of spaces is not done. Ids
  // without a token (a model's embedding may have more rows) give nothing; negative ones are
  // errors.
  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids,
                                     bool skip_special_tokens) const;

  std::optional<int32_t> TokenToId(absl::string_view token) const;
  // The number of ids, added tokens included: the highest id + 1.
  int64_t vocabulary_size() const;
  // sha256 of the canonical JSON form.
  const std::string& digest() const;
  // The model's chat template (Jinja, see chat_template.h); empty when it has none.
  const std::string& chat_template() const;
  // The texts of the tokens with a role; all empty when only a tokenizer.json was given.
  const SpecialTokens& special_tokens() const;

 private:
  struct Handle;
  explicit Tokenizer(std::unique_ptr<Handle> handle);
  std::unique_ptr<Handle> handle_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKENIZER_H_
