#include "worker/tokenizer/checked_vocabulary.h"

#include <cmath>
#include <cstddef>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/tokenizer/utf8.h"

namespace assay {
namespace {

constexpr size_t kMaxTokens = size_t{1} << 24;
constexpr size_t kMaxTokenBytes = 4096;

absl::Status CheckLists(const GgufVocabulary& vocabulary) {
  const size_t count = vocabulary.tokens.size();
  if (count == 0) return VocabularyError(vocabulary, "tokens", "there are none");
  if (count > kMaxTokens) {
    return VocabularyError(vocabulary, "tokens",
                           absl::StrCat(count, " are more than ", kMaxTokens));
  }
  const auto same_length = [&](absl::string_view name, size_t length) {
    if (length == 0 || length == count) return absl::OkStatus();
    return VocabularyError(vocabulary, name,
                           absl::StrCat("has ", length, " values for ", count, " tokens"));
  };
  ASSAY_RETURN_IF_ERROR(same_length("scores", vocabulary.scores.size()));
  ASSAY_RETURN_IF_ERROR(same_length("token_type", vocabulary.token_types.size()));
  for (size_t id = 0; id < vocabulary.scores.size(); ++id) {
    if (!std::isfinite(vocabulary.scores[id])) {
      return VocabularyError(vocabulary, "scores",
                             absl::StrCat("that of token ", id, " is not finite"));
    }
  }
  return absl::OkStatus();
}

absl::Status AddTokens(CheckedVocabulary& checked) {
  const GgufVocabulary& vocabulary = *checked.vocabulary;
  checked.tokens = vocabulary.tokens;
  checked.ids.reserve(checked.tokens.size());
  for (size_t id = 0; id < checked.tokens.size(); ++id) {
    std::string& token = checked.tokens[id];
    // llama.cpp's name for a gap in the vocabulary.
    if (token.empty()) token = absl::StrCat("[EMPTY_", id, "]");
    if (token.size() > kMaxTokenBytes) {
      return VocabularyError(
          vocabulary, "tokens",
          absl::StrCat("token ", id, " has ", token.size(), " bytes, more than ", kMaxTokenBytes));
    }
    if (!IsUtf8(token)) {
      return VocabularyError(
          vocabulary, "tokens",
          absl::StrCat("token ", id, " (\"", absl::CHexEscape(token), "\") is not UTF-8"));
    }
    const auto [known, inserted] = checked.ids.emplace(token, static_cast<int32_t>(id));
    if (!inserted) {
      return VocabularyError(vocabulary, "tokens",
                             absl::StrCat(QuotedToken(token), " is there twice, with the ids ",
                                          known->second, " and ", id));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckId(const GgufVocabulary& vocabulary, absl::string_view name,
                     std::optional<uint64_t> id) {
  const size_t count = vocabulary.tokens.size();
  if (!id.has_value() || *id < count) return absl::OkStatus();
  return VocabularyError(
      vocabulary, name, absl::StrCat("id ", *id, " is out of range: there are ", count, " tokens"));
}

// `sentencepiece_default`: what llama.cpp takes for granted in SentencePiece vocabularies.
std::optional<int32_t> IdOrDefault(const GgufVocabulary& vocabulary, std::optional<uint64_t> id,
                                   std::optional<uint64_t> sentencepiece_default) {
  if (!id.has_value() && vocabulary.model == kSentencePieceModel) id = sentencepiece_default;
  if (!id.has_value() || *id >= vocabulary.tokens.size()) return std::nullopt;
  return static_cast<int32_t>(*id);
}

}  // namespace

absl::StatusOr<CheckedVocabulary> CheckVocabulary(const GgufVocabulary& vocabulary,
                                                  bool add_bos_default) {
  ASSAY_RETURN_IF_ERROR(CheckLists(vocabulary));
  ASSAY_RETURN_IF_ERROR(CheckId(vocabulary, "bos_token_id", vocabulary.bos_id));
  ASSAY_RETURN_IF_ERROR(CheckId(vocabulary, "eos_token_id", vocabulary.eos_id));
  ASSAY_RETURN_IF_ERROR(CheckId(vocabulary, "unknown_token_id", vocabulary.unk_id));
  ASSAY_RETURN_IF_ERROR(CheckId(vocabulary, "padding_token_id", vocabulary.pad_id));

  CheckedVocabulary checked;
  checked.vocabulary = &vocabulary;
  ASSAY_RETURN_IF_ERROR(AddTokens(checked));
  checked.special = FindSpecialIds(vocabulary);
  checked.add_bos = vocabulary.add_bos.value_or(add_bos_default);
  checked.add_eos = vocabulary.add_eos.value_or(false);
  if (checked.add_bos && !checked.special.bos.has_value()) {
    return VocabularyError(vocabulary, "bos_token_id",
                           "is missing, but a BOS token has to be added");
  }
  if (checked.add_eos && !checked.special.eos.has_value()) {
    return VocabularyError(vocabulary, "eos_token_id",
                           "is missing, but an EOS token has to be added");
  }
  return checked;
}

SpecialIds FindSpecialIds(const GgufVocabulary& vocabulary) {
  return {.bos = IdOrDefault(vocabulary, vocabulary.bos_id, 1),
          .eos = IdOrDefault(vocabulary, vocabulary.eos_id, 2),
          .unk = IdOrDefault(vocabulary, vocabulary.unk_id, 0),
          .pad = IdOrDefault(vocabulary, vocabulary.pad_id, std::nullopt)};
}

absl::Status VocabularyError(const GgufVocabulary& vocabulary, absl::string_view name,
                             absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat(vocabulary.file, ": tokenizer.ggml.", name, ": ", text));
}

std::string QuotedToken(absl::string_view token) {
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(token), "\"");
}

}  // namespace assay
