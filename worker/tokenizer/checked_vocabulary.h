// A GGUF file's vocabulary after its checks, which hold for every kind of tokenizer.
#ifndef ASSAY_WORKER_TOKENIZER_CHECKED_VOCABULARY_H_
#define ASSAY_WORKER_TOKENIZER_CHECKED_VOCABULARY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/gguf_vocabulary.h"

namespace assay {

constexpr absl::string_view kSentencePieceModel = "llama";

struct SpecialIds {
  std::optional<int32_t> bos;
  std::optional<int32_t> eos;
  std::optional<int32_t> unk;
  std::optional<int32_t> pad;
};

// `ids` has views into `tokens`, which a move of the whole keeps valid; it is not copied.
struct CheckedVocabulary {
  CheckedVocabulary() = default;
  CheckedVocabulary(CheckedVocabulary&&) = default;
  CheckedVocabulary& operator=(CheckedVocabulary&&) = default;

  const GgufVocabulary* vocabulary = nullptr;
  std::vector<std::string> tokens;  // UTF-8, none empty, none twice
  absl::flat_hash_map<absl::string_view, int32_t> ids;
  SpecialIds special;
  bool add_bos = false;  // bos is there then
  bool add_eos = false;
};

// Checks tokens, the lengths of the lists, scores, and special ids. `vocabulary` must outlive the
// result. `add_bos_default` holds where the file does not say.
absl::StatusOr<CheckedVocabulary> CheckVocabulary(const GgufVocabulary& vocabulary,
                                                  bool add_bos_default);

// With the defaults of the model "llama"; ids that are out of range are left out.
SpecialIds FindSpecialIds(const GgufVocabulary& vocabulary);

// InvalidArgument "FILE: tokenizer.ggml.NAME: TEXT".
absl::Status VocabularyError(const GgufVocabulary& vocabulary, absl::string_view name,
                             absl::string_view text);
// In quotation marks, printable.
std::string QuotedToken(absl::string_view token);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_CHECKED_VOCABULARY_H_
