// Any text as an adapter_config.json: it is refused, or answers for every module.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "worker/weights/lora_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = assay::ParseLoraConfig(
      "adapter_config.json", absl::string_view(reinterpret_cast<const char*>(data), size));
  if (!config.ok()) return 0;
  for (const char* module :
       {"model.layers.1.self_attn.q_proj", "lm_head", "", "transformer.h.0.x"}) {
    (void)config->Targets(module);
    if (config->RankOf(module) < 1 || !std::isfinite(config->ScaleOf(module))) std::abort();
  }
  return 0;
}
