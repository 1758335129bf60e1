// SmolLM3 (Hugging Face 2025): Llama in which every fourth layer has no positions.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"
#include "worker/model/llama.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeSmolLm3(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig llama, LlamaConfig::Parse(checkpoint));
  DecoderSpec spec = LlamaDecoder(llama);
  ASSAY_RETURN_IF_ERROR(RefuseUnless(config, "use_sliding_window", false, false));
  ASSAY_ASSIGN_OR_RETURN(const int64_t interval,
                         config.IntegerOr("no_rope_layer_interval", 1, kMostLayers, 4));
  // 1 for a layer with positions.
  ASSAY_ASSIGN_OR_RETURN(const std::vector<int32_t> rotated, config.Integers("no_rope_layers"));
  if (!rotated.empty() && static_cast<int64_t>(rotated.size()) != llama.layers) {
    return config.Error("no_rope_layers", absl::StrCat("has ", rotated.size(), " entries for ",
                                                       llama.layers, " layers"));
  }
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const bool has_positions =
        rotated.empty() ? (static_cast<int64_t>(i) + 1) % interval != 0 : rotated[i] != 0;
    if (!has_positions) spec.layers[i].rotary = -1;
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
