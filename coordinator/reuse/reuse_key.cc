#include "coordinator/reuse/reuse_key.h"

#include <nlohmann/json.hpp>

#include "common/base/sha256.h"
#include "common/domain/run_settings.h"

namespace assay {

std::string ReuseKey(const RunSpec& run, const ModelSpec& model) {
  if (model.remote.has_value()) return "";
  const RunSettings& settings = run.settings;
  nlohmann::ordered_json key = {
      {"reuse", 1},
      {"weights", model.weights_sha256},
      {"tokenizer", model.tokenizer_sha256},
      {"precision", std::string(PrecisionName(settings.precision))},
      {"benchmark", run.benchmark},
      {"protocol", settings.protocol},
      {"shots", settings.shots},
      {"template", std::string(PromptTemplateName(settings.prompt_template))},
      {"system", settings.system_prompt},
      {"bos", std::string(BosHandlingName(settings.bos))}};
  const SamplingSettings& sampling = settings.sampling;
  if (!sampling.greedy()) {
    key["sampling"] = {*sampling.temperature, sampling.top_p, sampling.top_k, sampling.seed};
  }
  return Sha256Hex(key.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace assay
