// The tokenizer of a GGUF file as it is stored there.
#ifndef ASSAY_WORKER_TOKENIZER_GGUF_VOCABULARY_H_
#define ASSAY_WORKER_TOKENIZER_GGUF_VOCABULARY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace assay {

class GgufFile;

// Values of tokenizer.ggml.token_type.
enum class GgufTokenType : int32_t {
  kUndefined = 0,
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,
  kUserDefined = 4,
  kUnused = 5,
  kByte = 6,
};

// The fields are the keys tokenizer.ggml.NAME, unchecked. Missing is empty or nullopt.
struct GgufVocabulary {
  std::string file;                 // for messages
  std::string model;                // "gpt2": byte-level BPE; "llama": SentencePiece BPE
  std::string pre;                  // the pre-tokenizer's name, for "gpt2"
  std::vector<std::string> tokens;  // the index is the id
  std::vector<float> scores;        // for "llama": higher is merged first
  std::vector<int32_t> token_types;
  std::vector<std::string> merges;  // for "gpt2": "left right", the most important first
  std::optional<uint64_t> bos_id;
  std::optional<uint64_t> eos_id;
  std::optional<uint64_t> unk_id;
  std::optional<uint64_t> pad_id;
  std::optional<bool> add_bos;
  std::optional<bool> add_eos;
  std::optional<bool> add_space_prefix;  // for "llama"
  std::string chat_template;             // tokenizer.chat_template

  // Normal where the file has no types. Needs an id in the list of types.
  GgufTokenType TypeOf(size_t id) const {
    if (token_types.empty()) return GgufTokenType::kNormal;
    return static_cast<GgufTokenType>(token_types[id]);
  }
};

// InvalidArgument names the file and the key where a value has the wrong type or a needed key is
// missing.
absl::StatusOr<GgufVocabulary> ReadGgufVocabulary(const GgufFile& file);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_GGUF_VOCABULARY_H_
