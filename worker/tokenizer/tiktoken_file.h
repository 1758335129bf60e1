// A tokenizer.json from tiktoken's files: a line for each token, its bytes in base64 and its rank,
// which is its id and the order of merging. qwen.tiktoken, and the tokenizer.model of Llama 3 and
// GLM-4 are such files.
#ifndef ASSAY_WORKER_TOKENIZER_TIKTOKEN_FILE_H_
#define ASSAY_WORKER_TOKENIZER_TIKTOKEN_FILE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/built_tokenizer.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace assay {

// By the first line; a SentencePiece model never looks like it.
bool LooksLikeTiktoken(absl::string_view content);

// Special tokens are those of added_tokens_decoder, or where the settings have none, those that
// the class's code adds: Qwen's (its file is called *.tiktoken), otherwise Llama 3's.
// InvalidArgument names the file and the line.
absl::StatusOr<BuiltTokenizer> BuildTiktokenTokenizer(absl::string_view file,
                                                      absl::string_view content,
                                                      const TokenizerSettings& settings);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TIKTOKEN_FILE_H_
