// A tokenizer put together from files other than tokenizer.json.
#ifndef ASSAY_WORKER_TOKENIZER_BUILT_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_BUILT_TOKENIZER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "worker/tokenizer/special_tokens.h"

namespace assay {

struct BuiltTokenizer {
  std::string json = {};  // a tokenizer.json
  SpecialTokens special = {};
  // Ids that decoding always leaves out, and whose texts are not looked for.
  std::vector<int32_t> silent_ids = {};
};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_BUILT_TOKENIZER_H_
