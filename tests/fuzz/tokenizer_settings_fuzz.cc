// Any bytes as tokenizer_config.json, special_tokens_map.json, added_tokens.json and config.json,
// each in turn: they are refused, or the settings make a tokenizer of a small vocabulary or are
// refused with it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/fuzz/tokenizer_fuzz.h"
#include "worker/tokenizer/sentencepiece_tokenizer.h"
#include "worker/tokenizer/tokenizer_settings.h"

namespace {

const assay::SentencePieceModel& Model() {
  static const auto& model = *new assay::SentencePieceModel([] {
    assay::SentencePieceModel small;
    small.algorithm = assay::SentencePieceAlgorithm::kBpe;
    small.pieces = {{"<unk>", 0, assay::PieceType::kUnknown},
                    {"<s>", 0, assay::PieceType::kControl},
                    {"</s>", 0, assay::PieceType::kControl},
                    {"\xE2\x96\x81", -3},
                    {"a", -2},
                    {"\xE2\x96\x81"
                     "a",
                     -1}};
    return small;
  }());
  return model;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  for (int place = 0; place < 4; ++place) {
    assay::SettingsFiles files;
    if (place == 0) files.tokenizer_config = text;
    if (place == 1) files.special_tokens_map = text;
    if (place == 2) files.added_tokens = text;
    if (place == 3) files.config = text;
    const auto settings = assay::ParseTokenizerSettings("folder", files);
    if (!settings.ok()) return 0;
    if (settings->extra_ids.value_or(0) > 100 || settings->image_tokens.value_or(0) > 100) return 0;
    const auto built = assay::BuildSentencePieceTokenizer("tokenizer.model", Model(), *settings);
    if (built.ok()) assay::UseJson(built->json);
  }
  return 0;
}
