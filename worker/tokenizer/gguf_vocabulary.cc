#include "worker/tokenizer/gguf_vocabulary.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/status_macros.h"
#include "worker/weights/gguf_file.h"

namespace assay {
namespace {

std::string Key(absl::string_view name) { return absl::StrCat("tokenizer.ggml.", name); }

absl::Status ReadText(const GgufFile& file, absl::string_view key, std::string& out) {
  ASSAY_ASSIGN_OR_RETURN(absl::string_view text, file.GetString(key, ""));
  out = std::string(text);
  return absl::OkStatus();
}

absl::Status ReadTexts(const GgufFile& file, absl::string_view key, std::vector<std::string>& out) {
  if (!file.Has(key)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(std::vector<absl::string_view> texts, file.GetStrings(key));
  out.reserve(texts.size());
  for (absl::string_view text : texts) out.emplace_back(text);
  return absl::OkStatus();
}

absl::Status ReadTokenTypes(const GgufFile& file, absl::string_view key,
                            std::vector<int32_t>& out) {
  if (!file.Has(key)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(std::vector<int64_t> types, file.GetInts(key));
  out.reserve(types.size());
  for (size_t id = 0; id < types.size(); ++id) {
    const int64_t type = types[id];
    if (type < 0 || type > static_cast<int64_t>(GgufTokenType::kByte)) {
      return absl::InvalidArgumentError(absl::StrCat(file.path(), ": ", key, ": token ", id,
                                                     " has the unknown type ", type,
                                                     "; types are 0 to 6"));
    }
    out.push_back(static_cast<int32_t>(type));
  }
  return absl::OkStatus();
}

absl::Status ReadId(const GgufFile& file, absl::string_view key, std::optional<uint64_t>& out) {
  if (!file.Has(key)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(out, file.GetUint(key));
  return absl::OkStatus();
}

absl::Status ReadFlag(const GgufFile& file, absl::string_view key, std::optional<bool>& out) {
  if (!file.Has(key)) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(out, file.GetBool(key));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GgufVocabulary> ReadGgufVocabulary(const GgufFile& file) {
  GgufVocabulary result;
  result.file = file.path();
  ASSAY_ASSIGN_OR_RETURN(absl::string_view model, file.GetString(Key("model")));
  result.model = std::string(model);
  ASSAY_RETURN_IF_ERROR(ReadText(file, Key("pre"), result.pre));
  ASSAY_RETURN_IF_ERROR(ReadTexts(file, Key("tokens"), result.tokens));
  ASSAY_RETURN_IF_ERROR(ReadTexts(file, Key("merges"), result.merges));
  if (file.Has(Key("scores"))) {
    ASSAY_ASSIGN_OR_RETURN(result.scores, file.GetFloats(Key("scores")));
  }
  ASSAY_RETURN_IF_ERROR(ReadTokenTypes(file, Key("token_type"), result.token_types));
  ASSAY_RETURN_IF_ERROR(ReadId(file, Key("bos_token_id"), result.bos_id));
  ASSAY_RETURN_IF_ERROR(ReadId(file, Key("eos_token_id"), result.eos_id));
  ASSAY_RETURN_IF_ERROR(ReadId(file, Key("unknown_token_id"), result.unk_id));
  ASSAY_RETURN_IF_ERROR(ReadId(file, Key("padding_token_id"), result.pad_id));
  ASSAY_RETURN_IF_ERROR(ReadFlag(file, Key("add_bos_token"), result.add_bos));
  ASSAY_RETURN_IF_ERROR(ReadFlag(file, Key("add_eos_token"), result.add_eos));
  ASSAY_RETURN_IF_ERROR(ReadFlag(file, Key("add_space_prefix"), result.add_space_prefix));
  ASSAY_RETURN_IF_ERROR(ReadText(file, "tokenizer.chat_template", result.chat_template));
  return result;
}

}  // namespace assay
