// What ChatGLM's tokenizer classes add to their SentencePiece models by code.
#ifndef ASSAY_WORKER_TOKENIZER_CHATGLM_TOKENS_H_
#define ASSAY_WORKER_TOKENIZER_CHATGLM_TOKENS_H_

#include "absl/strings/string_view.h"

namespace assay {

// ChatGLM-6B's model, with its tokens inside. Line feeds, tabs and runs of 2 to 80 spaces are
// spelled out before SentencePiece sees a text; [gMASK] and <sop> follow it.
constexpr absl::string_view kChatGlm6bFile = "ice_text.model";
constexpr absl::string_view kGlmLineFeed = "<n>";
constexpr absl::string_view kGlmTab = "<|tab|>";
constexpr int kGlmLongestBlank = 80;
constexpr int kGlmImageTokens = 20'000;  // ids before the pieces', in its first release

// ChatGLM2's and ChatGLM3's tokens, with the ids that follow the pieces'; [gMASK] and sop come
// before a text. They are not looked for in texts.
constexpr absl::string_view kChatGlm2Tokens[] = {"[MASK]",   "[gMASK]",       "[sMASK]",
                                                 "sop",      "eop",           "<|system|>",
                                                 "<|user|>", "<|assistant|>", "<|observation|>"};

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_CHATGLM_TOKENS_H_
