// The parts of a tokenizer.json, as the tokenizers library reads it.
#ifndef ASSAY_WORKER_TOKENIZER_TOKENIZER_JSON_H_
#define ASSAY_WORKER_TOKENIZER_TOKENIZER_JSON_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "worker/tokenizer/added_token.h"

namespace assay {

constexpr absl::string_view kSpaceMark = "\xE2\x96\x81";  // U+2581, SentencePiece's space

// Null: there is none.
struct TokenizerParts {
  std::vector<AddedTokenWithId> added_tokens = {};
  nlohmann::json normalizer = nullptr;
  nlohmann::json pre_tokenizer = nullptr;
  nlohmann::json post_processor = nullptr;
  nlohmann::json decoder = nullptr;
  nlohmann::json model = nullptr;
};

std::string DumpTokenizer(TokenizerParts parts);

struct TokenWithId {
  std::string text = {};
  int32_t id = 0;
};

// Puts tokens before and after a text. Null when there are none.
nlohmann::json TemplateProcessing(absl::Span<const TokenWithId> before,
                                  absl::Span<const TokenWithId> after);

// A BPE model without merges, for the caller to complete. The vocabulary is an object from tokens
// to ids.
nlohmann::json BpeModel(nlohmann::json vocabulary);

// Normalizers or decoders.
nlohmann::json ReplaceStep(absl::string_view from, absl::string_view to);
nlohmann::json ReplaceRegexStep(absl::string_view regex, absl::string_view to);

// Pre-tokenizers: each match of the regular expression is a word.
nlohmann::json SplitStep(absl::string_view regex);
nlohmann::json ByteLevelStep(bool add_prefix_space, bool use_regex);

nlohmann::json NormalizerSequence(nlohmann::json steps);
nlohmann::json PreTokenizerSequence(nlohmann::json steps);
nlohmann::json DecoderSequence(nlohmann::json steps);

// SentencePiece's: space marks become spaces, byte tokens bytes, and up to `strip_spaces` spaces at
// the front go.
nlohmann::json SentencePieceDecoder(int strip_spaces);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKENIZER_JSON_H_
