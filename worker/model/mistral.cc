// Mistral (Jiang et al. 2023): Llama whose tokens see a window.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"
#include "worker/model/llama.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribeMistral(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig llama, LlamaConfig::Parse(checkpoint));
  DecoderSpec spec = LlamaDecoder(llama);
  ASSAY_ASSIGN_OR_RETURN(const int64_t window,
                         config.IntegerOr("sliding_window", 1, kMostContext, 0));
  for (DecoderLayerSpec& layer : spec.layers) layer.window = window;
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
