// What a Hugging Face folder says about its tokenizer beside tokenizer.json.
#ifndef ASSAY_WORKER_TOKENIZER_TOKENIZER_CONFIG_H_
#define ASSAY_WORKER_TOKENIZER_TOKENIZER_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "worker/tokenizer/special_tokens.h"

namespace assay {

struct TokenizerConfig {
  std::string chat_template;  // empty: none
  SpecialTokens special_tokens;
};

// Reads tokenizer_config.json (bos_token, eos_token, unk_token, pad_token, chat_template), where
// that has no added_tokens_decoder special_tokens_map.json, whose tokens come first, and
// chat_template.jinja; each may be absent. The .jinja file comes first, as in transformers. Of
// several named templates the one called "default" is taken; none of that name is no template.
absl::StatusOr<TokenizerConfig> ReadTokenizerConfig(const std::string& directory);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKENIZER_CONFIG_H_
