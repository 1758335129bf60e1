// A tokenizer.json from vocab.json and merges.txt: byte-level BPE, as GPT-2 introduced it.
#ifndef ASSAY_WORKER_TOKENIZER_BYTE_LEVEL_FILES_H_
#define ASSAY_WORKER_TOKENIZER_BYTE_LEVEL_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/built_tokenizer.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace assay {

// How the text is cut into words is the class's: GPT-2's words for GPT-2, GPT-J, OPT, CodeGen, Phi,
// StarCoder; the same after NFC for GPT-NeoX; Qwen2's. A byte without a token becomes the
// unknown token, as in the slow classes. InvalidArgument names the file and the line or the token.
absl::StatusOr<BuiltTokenizer> BuildByteLevelTokenizer(absl::string_view vocabulary_file,
                                                       absl::string_view vocabulary_json,
                                                       absl::string_view merges_file,
                                                       absl::string_view merges_text,
                                                       const TokenizerSettings& settings);

// The character, in UTF-8, that stands for a byte in byte-level vocabularies.
std::string ByteLevelText(absl::string_view bytes);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_BYTE_LEVEL_FILES_H_
