// Any bytes as a SentencePiece model, taken for Llama's, T5's and ChatGLM's: it is refused, or
// makes a tokenizer.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/tokenizer_fuzz.h"
#include "worker/tokenizer/sentencepiece_model.h"
#include "worker/tokenizer/sentencepiece_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto model = assay::ParseSentencePieceModel("tokenizer.model", bytes);
  if (!model.ok()) return 0;
  for (const char* name : {"LlamaTokenizer", "T5Tokenizer", "ChatGLMTokenizer"}) {
    assay::TokenizerSettings settings;
    settings.class_name = name;
    settings.extra_ids = 3;
    const auto built = assay::BuildSentencePieceTokenizer("tokenizer.model", *model, settings);
    if (built.ok()) assay::UseJson(built->json);
  }
  return 0;
}
