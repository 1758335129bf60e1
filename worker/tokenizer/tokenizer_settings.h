// What a folder says about a tokenizer that has no tokenizer.json: the arguments that transformers
// gives to the tokenizer's class.
#ifndef ASSAY_WORKER_TOKENIZER_TOKENIZER_SETTINGS_H_
#define ASSAY_WORKER_TOKENIZER_TOKENIZER_SETTINGS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "worker/tokenizer/added_token.h"

namespace assay {

// In the order in which transformers adds them.
constexpr std::array<const char*, 7> kTokenRoles = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

// A token as a file names it.
struct NamedToken {
  AddedToken token = {};
  // Only the text is given; the flags are the class's choice.
  bool text_only = false;
};

struct TokenizerSettings {
  // tokenizer_class of tokenizer_config.json or config.json, without "Fast"; empty: none given.
  std::string class_name = {};
  std::string model_type = {};       // of config.json
  std::optional<int64_t> rows = {};  // config.json's vocab_size
  // By role; a role that is set to null has no token, one that is absent has the class's.
  std::map<std::string, std::optional<NamedToken>> roles = {};
  std::vector<NamedToken> additional = {};   // additional_special_tokens, in order
  std::map<int32_t, AddedToken> added = {};  // added_tokens_decoder or added_tokens.json, by id
  std::string added_file = {};               // where they were read
  std::optional<bool> add_bos = {};          // add_bos_token
  std::optional<bool> add_eos = {};
  std::optional<bool> add_prefix_space = {};
  bool legacy = true;
  std::optional<int64_t> extra_ids = {};     // T5's <extra_id_N>
  std::optional<int64_t> image_tokens = {};  // ChatGLM-6B's num_image_tokens
};

// The files' contents; nullopt: it is not there.
struct SettingsFiles {
  std::optional<std::string> tokenizer_config = {};    // tokenizer_config.json
  std::optional<std::string> special_tokens_map = {};  // special_tokens_map.json
  std::optional<std::string> added_tokens = {};        // added_tokens.json
  std::optional<std::string> config = {};              // config.json
};

// As transformers does, special_tokens_map.json and added_tokens.json count where
// tokenizer_config.json has no added_tokens_decoder; class and rows come also from config.json.
// InvalidArgument names the file, which is taken to be in `directory`, and the field.
absl::StatusOr<TokenizerSettings> ParseTokenizerSettings(const std::string& directory,
                                                         const SettingsFiles& files);

// The same of the files of a folder.
absl::StatusOr<TokenizerSettings> ReadTokenizerSettings(const std::string& directory);

}  // namespace assay

#endif  // ASSAY_WORKER_TOKENIZER_TOKENIZER_SETTINGS_H_
