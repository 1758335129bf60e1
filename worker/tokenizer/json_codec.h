// A tokenizer.json, run by the Rust crate `tokenizers`.
#ifndef ASSAY_WORKER_TOKENIZER_JSON_CODEC_H_
#define ASSAY_WORKER_TOKENIZER_JSON_CODEC_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/token_codec.h"

namespace assay {

// See Tokenizer::FromJson. `silent_ids` give nothing when decoded.
absl::StatusOr<std::unique_ptr<TokenCodec>> OpenTokenizerJson(absl::string_view json,
                                                              std::vector<int32_t> silent_ids = {});

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_JSON_CODEC_H_
