#include "worker/tokenizer/json_codec.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/rust_values.h"

namespace assay {
namespace {

struct FreeTokenizer {
  void operator()(AssayTokenizer* tokenizer) const { assay_tokenizer_free(tokenizer); }
};
using RustTokenizer = std::unique_ptr<AssayTokenizer, FreeTokenizer>;

class JsonCodec : public TokenCodec {
 public:
  JsonCodec(RustTokenizer rust, std::string digest, std::vector<int32_t> silent_ids)
      : rust_(std::move(rust)), digest_(std::move(digest)), silent_ids_(std::move(silent_ids)) {}

  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text,
                                              bool add_special_tokens) const override {
    RustTokenIds ids;
    RustText error;
    if (!assay_tokenizer_encode(rust_.get(), text.data(), text.size(), add_special_tokens,
                                ids.out(), error.out())) {
      return RustError("cannot turn the text into tokens", error);
    }
    return ids.ToVector();
  }

  absl::StatusOr<std::string> Decode(absl::Span<const int32_t> token_ids,
                                     bool skip_special_tokens) const override {
    std::vector<int32_t> heard;
    if (!silent_ids_.empty()) {
      std::copy_if(token_ids.begin(), token_ids.end(), std::back_inserter(heard), [&](int32_t id) {
        return std::find(silent_ids_.begin(), silent_ids_.end(), id) == silent_ids_.end();
      });
      token_ids = heard;
    }
    RustText text;
    RustText error;
    if (!assay_tokenizer_decode(rust_.get(), token_ids.data(), token_ids.size(),
                                skip_special_tokens, text.out(), error.out())) {
      return RustError("cannot turn the tokens into text", error);
    }
    return std::string(text.view());
  }

  std::optional<int32_t> TokenToId(absl::string_view token) const override {
    const int64_t id = assay_tokenizer_token_to_id(rust_.get(), token.data(), token.size());
    if (id < 0) return std::nullopt;
    return static_cast<int32_t>(id);
  }

  int64_t vocabulary_size() const override { return assay_tokenizer_vocabulary_size(rust_.get()); }
  const std::string& digest() const override { return digest_; }

 private:
  const RustTokenizer rust_;
  const std::string digest_;
  const std::vector<int32_t> silent_ids_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TokenCodec>> OpenTokenizerJson(absl::string_view json,
                                                              std::vector<int32_t> silent_ids) {
  RustText error;
  AssayTokenizer* created = nullptr;
  if (!assay_tokenizer_create(json.data(), json.size(), &created, error.out())) {
    return RustError("not a usable tokenizer.json", error);
  }
  RustTokenizer rust(created);
  RustText canonical;
  if (!assay_tokenizer_json(rust.get(), canonical.out(), error.out())) {
    return RustError("cannot write the tokenizer as JSON", error);
  }
  return std::make_unique<JsonCodec>(std::move(rust), Sha256Hex(canonical.view()),
                                     std::move(silent_ids));
}

}  // namespace assay
