// The tokenizer classes of transformers, and of models that bring their own, as far as they differ.
#ifndef ASSAY_WORKER_TOKENIZER_TOKENIZER_CLASS_H_
#define ASSAY_WORKER_TOKENIZER_TOKENIZER_CLASS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace assay {

enum class TokenizerKind {
  kLlama,    // SentencePiece, BOS first; also of classes that are not known
  kGemma,    // the same with other names for its tokens
  kT5,       // SentencePiece with <extra_id_N>, EOS last
  kGpt2,     // byte-level BPE
  kGptNeoX,  // the same after NFC
  kQwen2,    // byte-level BPE after NFC, other words, no BOS
  kQwen,     // Qwen's first, a tiktoken file
  kChatGlm,  // [gMASK] and sop around or before the text, added by the class
};

// Tokens that a class has where its settings name none; empty: it has none.
struct TokenizerClass {
  TokenizerKind kind = TokenizerKind::kLlama;
  absl::string_view bos = {};
  absl::string_view eos = {};
  absl::string_view unk = {};
  absl::string_view pad = {};
  bool add_bos = false;  // unless add_bos_token says otherwise
};

// By the settings' class, or where there is none by the model type.
// Of an unknown class or type: `byte_level` tells whether it is taken for GPT-2's or Llama's.
TokenizerClass FindTokenizerClass(const TokenizerSettings& settings, bool byte_level);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKENIZER_CLASS_H_
