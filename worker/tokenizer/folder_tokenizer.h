// The tokenizer of a folder, whichever files it has.
#ifndef ASSAY_WORKER_TOKENIZER_FOLDER_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_FOLDER_TOKENIZER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "worker/tokenizer/special_tokens.h"
#include "worker/tokenizer/token_codec.h"

namespace assay {

struct FolderTokenizer {
  std::unique_ptr<TokenCodec> codec = {};
  std::string chat_template = {};
  SpecialTokens special_tokens = {};
};

// Takes the first that is there of: tokenizer.json; 20B_tokenizer.json (GPT-NeoX's, which RWKV-4
// has too); vocab.json with merges.txt; spiece.model, tokenizer.model, ice_text.model
// (SentencePiece or tiktoken, by their content); qwen.tiktoken; rwkv_vocab_v20230424.txt. NotFound
// lists them; InvalidArgument names the file and the place in it.
absl::StatusOr<FolderTokenizer> OpenFolderTokenizer(const std::string& directory);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_FOLDER_TOKENIZER_H_
