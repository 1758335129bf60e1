// Which model: what a user registers under a name, and what was found in its files.
#ifndef ASSAY_COMMON_DOMAIN_MODEL_SPEC_H_
#define ASSAY_COMMON_DOMAIN_MODEL_SPEC_H_

#include <cstdint>
#include <string>

namespace assay {

struct ModelSpec {
  std::string name;    // [A-Za-z0-9._-]+
  std::string path;    // absolute; a Hugging Face folder or a GGUF file, as the workers see it
  std::string format;  // "huggingface" or "gguf"
  std::string architecture;  // "llama"
  // Of a GGUF file: its sha256. Of a folder: sha256 over config.json, generation_config.json where
  // there is one, and the weight files, names and contents, in order of name.
  std::string weights_sha256;
  // sha256 of the tokenizer's canonical JSON form.
  std::string tokenizer_sha256;
  int64_t parameters = 0;
  int64_t context_length = 0;  // tokens
  int64_t vocabulary_size = 0;
  std::string stored_type;  // what the file holds, for people: "bfloat16", "Q4_1"
  // Measured on English text at registration; for estimates before a run only.
  double characters_per_token = 4.0;
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_MODEL_SPEC_H_
