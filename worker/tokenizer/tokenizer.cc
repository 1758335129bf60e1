#include "worker/tokenizer/tokenizer.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/gguf_tokenizer.h"
#include "worker/tokenizer/gguf_vocabulary.h"
#include "worker/tokenizer/rust_values.h"
#include "worker/tokenizer/tokenizer_config.h"

namespace assay {
namespace {

absl::Status WithPath(absl::string_view path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
}

}  // namespace

struct Tokenizer::Handle {
  ~Handle() { assay_tokenizer_free(rust); }

  AssayTokenizer* rust = nullptr;
  std::string digest;
  std::string chat_template;
  SpecialTokens special_tokens;
};

Tokenizer::Tokenizer(std::unique_ptr<Handle> handle) : handle_(std::move(handle)) {}
Tokenizer::~Tokenizer() = default;

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::FromJson(absl::string_view json) {
  auto handle = std::make_unique<Handle>();
  RustText error;
  if (!assay_tokenizer_create(json.data(), json.size(), &handle->rust, error.out())) {
    return RustError("not a usable tokenizer.json", error);
  }
  RustText canonical;
  if (!assay_tokenizer_json(handle->rust, canonical.out(), error.out())) {
    return RustError("cannot write the tokenizer as JSON", error);
  }
  handle->digest = Sha256Hex(canonical.view());
  return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(handle)));
}

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::FromFolder(const std::string& directory) {
  const std::string path = (std::filesystem::path(directory) / "tokenizer.json").string();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return absl::NotFoundError(absl::StrCat(
        directory, ": tokenizer.json is missing; the tokenizer is read from that file alone. ",
        "Where the folder has another kind of tokenizer, transformers' ",
        "AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes it"));
  }
  ASSAY_ASSIGN_OR_RETURN(std::string json, ReadFile(path));
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = FromJson(json);
  if (!tokenizer.ok()) return WithPath(path, tokenizer.status());
  ASSAY_ASSIGN_OR_RETURN(TokenizerConfig config, ReadTokenizerConfig(directory));
  Handle& handle = *(*tokenizer)->handle_;
  handle.chat_template = std::move(config.chat_template);
  handle.special_tokens = std::move(config.special_tokens);
  return tokenizer;
}

absl::StatusOr<std::unique_ptr<Tokenizer>> Tokenizer::FromGguf(const GgufFile& file) {
  ASSAY_ASSIGN_OR_RETURN(GgufVocabulary vocabulary, ReadGgufVocabulary(file));
  ASSAY_ASSIGN_OR_RETURN(std::string json, GgufTokenizerJson(vocabulary));
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = FromJson(json);
  if (!tokenizer.ok()) return WithPath(vocabulary.file, tokenizer.status());
  Handle& handle = *(*tokenizer)->handle_;
  handle.special_tokens = GgufSpecialTokens(vocabulary);
  handle.chat_template = std::move(vocabulary.chat_template);
  return tokenizer;
}

absl::StatusOr<std::vector<int32_t>> Tokenizer::Encode(absl::string_view text,
                                                       bool add_special_tokens) const {
  RustTokenIds ids;
  RustText error;
  if (!assay_tokenizer_encode(handle_->rust, text.data(), text.size(), add_special_tokens,
                              ids.out(), error.out())) {
    return RustError("cannot turn the text into tokens", error);
  }
  return ids.ToVector();
}

absl::StatusOr<std::string> Tokenizer::Decode(absl::Span<const int32_t> token_ids,
                                              bool skip_special_tokens) const {
  RustText text;
  RustText error;
  if (!assay_tokenizer_decode(handle_->rust, token_ids.data(), token_ids.size(),
                              skip_special_tokens, text.out(), error.out())) {
    return RustError("cannot turn the tokens into text", error);
  }
  return std::string(text.view());
}

std::optional<int32_t> Tokenizer::TokenToId(absl::string_view token) const {
  const int64_t id = assay_tokenizer_token_to_id(handle_->rust, token.data(), token.size());
  if (id < 0) return std::nullopt;
  return static_cast<int32_t>(id);
}

int64_t Tokenizer::vocabulary_size() const {
  return assay_tokenizer_vocabulary_size(handle_->rust);
}

const std::string& Tokenizer::digest() const { return handle_->digest; }
const std::string& Tokenizer::chat_template() const { return handle_->chat_template; }
const SpecialTokens& Tokenizer::special_tokens() const { return handle_->special_tokens; }

}  // namespace assay
