#include "worker/tokenizer/tokenizer.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/folder_tokenizer.h"
#include "worker/tokenizer/gguf_tokenizer.h"
#include "worker/tokenizer/gguf_vocabulary.h"
#include "worker/tokenizer/json_codec.h"

namespace assay {

struct Tokenizer::Handle {
  std::unique_ptr<TokenCodec> codec;
  std::string chat_template;
  SpecialTokens special_tokens;
};

Tokenizer::Tokenizer(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Tokenizer::~Tokenizer() = default;

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::FromJson(absl::string_view json) {
  auto handle = std::make_unique<Handle>();
  ASSAY_ASSIGN_OR_RETURN(handle->codec, OpenTokenizerJson(json));
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(handle)));
}

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::FromFolder(const std::string& directory) {
  ASSAY_ASSIGN_OR_RETURN(FolderTokenizer opened, OpenFolderTokenizer(directory));
  auto handle = std::make_unique<Handle>();
  handle->codec = std::move(opened.codec);
  handle->chat_template = std::move(opened.chat_template);
  handle->special_tokens = std::move(opened.special_tokens);
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(handle)));
}

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::FromGguf(const GgufFile& file) {
  ASSAY_ASSIGN_OR_RETURN(GgufVocabulary vocabulary, ReadGgufVocabulary(file));
  ASSAY_ASSIGN_OR_RETURN(std::string json, GgufTokenizerJson(vocabulary));
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = FromJson(json);
  if (!tokenizer.ok()) {
    return absl::Status(tokenizer.status().code(),
                        absl::StrCat(vocabulary.file, ": ", tokenizer.status().message()));
  }
  Handle& handle = *(*tokenizer)->handle_;
  handle.special_tokens = GgufSpecialTokens(vocabulary);
  handle.chat_template = std::move(vocabulary.chat_template);
  return tokenizer;
}

absl::StatusOr<std::vector<int32_t>> Tokenizer::Encode(absl::string_view text,
                                                       bool add_special_tokens) const {
  return handle_->codec->Encode(text, add_special_tokens);
}

absl::StatusOr<std::string> Tokenizer::Decode(absl::Span<const int32_t> token_ids,
                                              bool skip_special_tokens) const {
  return handle_->codec->Decode(token_ids, skip_special_tokens);
}

std::optional<int32_t> Tokenizer::TokenToId(absl::string_view token) const {
  return handle_->codec->TokenToId(token);
}

int64_t Tokenizer::vocabulary_size() const { return handle_->codec->vocabulary_size(); }
const std::string& Tokenizer::digest() const { return handle_->codec->digest(); }
const std::string& Tokenizer::chat_template() const { return handle_->chat_template; }
const SpecialTokens& Tokenizer::special_tokens() const { return handle_->special_tokens; }

}  // namespace assay
