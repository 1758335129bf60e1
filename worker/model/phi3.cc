// Phi 3 and 4 (Abdin et al. 2024): Llama with fused matrices and, in some, a window.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder.h"
#include "worker/model/llama.h"

namespace assay {

absl::StatusOr<std::unique_ptr<ModelDescription>> DescribePhi3(const Checkpoint& checkpoint) {
  const ConfigReader config = ConfigOf(checkpoint);
  ASSAY_ASSIGN_OR_RETURN(const LlamaConfig llama, LlamaConfig::Parse(checkpoint));
  DecoderSpec spec = LlamaDecoder(llama);
  ASSAY_ASSIGN_OR_RETURN(const int64_t window,
                         config.IntegerOr("sliding_window", 1, kMostContext, 0));
  const int64_t query = llama.heads * llama.head_size;
  const int64_t key = llama.kv_heads * llama.head_size;
  for (size_t i = 0; i < spec.layers.size(); ++i) {
    const std::string name = absl::StrCat("model.layers.", i, ".");
    DecoderLayerSpec& layer = spec.layers[i];
    layer.window = window;
    SplitStacked(Matrix(name + "self_attn.qkv_proj", query + 2 * key, llama.hidden_size), query,
                 key, &layer);
    SplitGated(Matrix(name + "mlp.gate_up_proj", 2 * llama.intermediate_size, llama.hidden_size),
               &layer);
  }
  return DescribeDecoder(std::move(spec));
}

}  // namespace assay
