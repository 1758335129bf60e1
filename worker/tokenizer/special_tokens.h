// The tokens that a model gives a role.
#ifndef ASSAY_WORKER_TOKENIZER_SPECIAL_TOKENS_H_
#define ASSAY_WORKER_TOKENIZER_SPECIAL_TOKENS_H_

#include <string>

namespace assay {

// As texts ("<s>"); empty where the model has none.
struct SpecialTokens {
  std::string bos;
  std::string eos;
  std::string unk;
  std::string pad;
};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_SPECIAL_TOKENS_H_
