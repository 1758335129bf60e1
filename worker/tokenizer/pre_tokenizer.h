// The pre-tokenizers that GGUF files name in tokenizer.ggml.pre, as llama.cpp defines the names.
#ifndef ASSAY_WORKER_TOKENIZER_PRE_TOKENIZER_H_
#define ASSAY_WORKER_TOKENIZER_PRE_TOKENIZER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// How a byte-level BPE tokenizer cuts text into words before it merges inside them.
struct PreTokenizer {
  // Regular expressions (Oniguruma's syntax), applied one after another: each cuts every piece that
  // the earlier ones left into its matches and what is between them.
  std::vector<absl::string_view> patterns;
  // A word that is a token as a whole is taken without merging.
  bool ignore_merges = false;
  // Whether a BOS token is added when the file does not say.
  bool add_bos = false;
};

// InvalidArgument lists the known names. The patterns live for ever.
absl::StatusOr<PreTokenizer> FindPreTokenizer(absl::string_view name);

// All names, in order.
std::vector<absl::string_view> PreTokenizerNames();

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_PRE_TOKENIZER_H_
