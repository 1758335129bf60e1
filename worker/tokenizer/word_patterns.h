// Regular expressions by which byte-level tokenizers cut text into words (Oniguruma's syntax).
#ifndef ASSAY_WORKER_TOKENIZER_WORD_PATTERNS_H_
#define ASSAY_WORKER_TOKENIZER_WORD_PATTERNS_H_

#include "absl/strings/string_view.h"

namespace assay {

inline constexpr absl::string_view kGpt2Words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// GPT-4's (cl100k): numbers in groups of up to three.
inline constexpr absl::string_view kLlama3Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

inline constexpr absl::string_view kQwen2Words =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|)"
    R"( ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_WORD_PATTERNS_H_
