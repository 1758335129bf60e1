// Which model: what a user registers under a name, and what was found in its files.
#ifndef ASSAY_COMMON_DOMAIN_MODEL_SPEC_H_
#define ASSAY_COMMON_DOMAIN_MODEL_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/domain/remote_endpoint.h"

namespace assay {

inline constexpr size_t kMostGenerationSettingsBytes = 8192;

struct ModelSpec {
  std::string name;  // [A-Za-z0-9._-]+
  // Absolute; a Hugging Face folder or a GGUF file, as the workers see it. Of a remote model: its
  // endpoint's URL.
  std::string path;
  // Of a LoRA adapter, whose folder is `path`: its base model's folder or file, absolute. Else
  // empty.
  std::string base_path;
  std::string format;        // "huggingface", "gguf", or "openai" of a remote model
  std::string architecture;  // "llama"; "remote"
  // Of a GGUF file: its sha256. Of a folder: sha256 over config.json, generation_config.json where
  // there is one, and the weight files, names and contents, in order of name. Of a remote model:
  // of what it is known by (RemoteModelDigest).
  std::string weights_sha256;
  // sha256 of the tokenizer's canonical JSON form. Empty of a remote model.
  std::string tokenizer_sha256;
  // Of a remote model 0, where it is not known.
  int64_t parameters = 0;
  int64_t context_length = 0;  // tokens
  int64_t vocabulary_size = 0;
  std::string stored_type;  // what the file holds, for people: "bfloat16", "Q4_1"
  // Measured on English text at registration; for estimates before a run only. Of a remote model:
  // as the user says, and what its prompts are measured by.
  double characters_per_token = 4.0;
  // How the checkpoint asks to be sampled, a JSON object of its generation_config.json's fields
  // (or those of an older config.json), for people: a run's own settings decide. Empty: nothing.
  // At most kMostGenerationSettingsBytes.
  std::string generation_settings;
  std::optional<RemoteEndpoint> remote;  // of remote models alone
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_MODEL_SPEC_H_
