#include "worker/tokenizer/tokenizer_class.h"

namespace assay {
namespace {

constexpr absl::string_view kEndOfText = "<|endoftext|>";

TokenizerClass OfKind(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::kLlama:
      return {kind, "<s>", "</s>", "<unk>", "", /*add_bos=*/true};
    case TokenizerKind::kGemma:
      return {kind, "<bos>", "<eos>", "<unk>", "<pad>", /*add_bos=*/true};
    case TokenizerKind::kT5:
      return {kind, "", "</s>", "<unk>", "<pad>"};
    case TokenizerKind::kGpt2:
    case TokenizerKind::kGptNeoX:
      return {kind, kEndOfText, kEndOfText, kEndOfText, ""};
    case TokenizerKind::kQwen2:
      return {kind, "", kEndOfText, kEndOfText, kEndOfText};
    case TokenizerKind::kQwen:
      return {kind, "", kEndOfText, "", ""};
    case TokenizerKind::kChatGlm:
      return {kind, "", "</s>", "<unk>", ""};
  }
  return {};
}

struct Name {
  absl::string_view name;
  TokenizerKind kind;
};

constexpr Name kClasses[] = {
    {"LlamaTokenizer", TokenizerKind::kLlama},     {"CodeLlamaTokenizer", TokenizerKind::kLlama},
    {"GemmaTokenizer", TokenizerKind::kGemma},     {"T5Tokenizer", TokenizerKind::kT5},
    {"MT5Tokenizer", TokenizerKind::kT5},          {"GPT2Tokenizer", TokenizerKind::kGpt2},
    {"CodeGenTokenizer", TokenizerKind::kGpt2},    {"GPTNeoXTokenizer", TokenizerKind::kGptNeoX},
    {"Qwen2Tokenizer", TokenizerKind::kQwen2},     {"QWenTokenizer", TokenizerKind::kQwen},
    {"ChatGLMTokenizer", TokenizerKind::kChatGlm}, {"ChatGLM4Tokenizer", TokenizerKind::kChatGlm},
};

constexpr Name kModelTypes[] = {
    {"llama", TokenizerKind::kLlama},
    {"mistral", TokenizerKind::kLlama},
    {"mixtral", TokenizerKind::kLlama},
    {"phi3", TokenizerKind::kLlama},
    {"gemma", TokenizerKind::kGemma},
    {"gemma2", TokenizerKind::kGemma},
    {"gemma3_text", TokenizerKind::kGemma},
    {"gemma3", TokenizerKind::kGemma},
    {"t5", TokenizerKind::kT5},
    {"mt5", TokenizerKind::kT5},
    {"umt5", TokenizerKind::kT5},
    {"gpt2", TokenizerKind::kGpt2},
    {"gptj", TokenizerKind::kGpt2},
    {"gpt_bigcode", TokenizerKind::kGpt2},
    {"starcoder2", TokenizerKind::kGpt2},
    {"opt", TokenizerKind::kGpt2},
    {"codegen", TokenizerKind::kGpt2},
    {"phi", TokenizerKind::kGpt2},
    {"gpt_neox", TokenizerKind::kGptNeoX},
    {"mpt", TokenizerKind::kGptNeoX},
    {"qwen2", TokenizerKind::kQwen2},
    {"qwen3", TokenizerKind::kQwen2},
    {"qwen", TokenizerKind::kQwen},
    {"chatglm", TokenizerKind::kChatGlm},
};

}  // namespace

TokenizerClass FindTokenizerClass(const TokenizerSettings& settings, bool byte_level) {
  for (const Name& entry : kClasses) {
    if (entry.name == settings.class_name) return OfKind(entry.kind);
  }
  for (const Name& entry : kModelTypes) {
    if (entry.name == settings.model_type) return OfKind(entry.kind);
  }
  return OfKind(byte_level ? TokenizerKind::kGpt2 : TokenizerKind::kLlama);
}

}  // namespace assay
