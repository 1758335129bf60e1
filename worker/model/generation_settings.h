// How a checkpoint asks to be sampled. Runs have settings of their own, so that this is for people
// to see only; of all that these files say, the engine takes the end tokens.
#ifndef ASSAY_WORKER_MODEL_GENERATION_SETTINGS_H_
#define ASSAY_WORKER_MODEL_GENERATION_SETTINGS_H_

#include <nlohmann/json.hpp>
#include <string>

namespace assay {

// The fields of `folder`'s generation_config.json without token ids and versions, or, where there
// is no such file, those fields of `config` (config.json) that set generation in older checkpoints.
// A JSON object of at most kMostGenerationSettingsBytes; empty when there are none.
std::string ReadGenerationSettings(const std::string& folder, const nlohmann::json& config);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_GENERATION_SETTINGS_H_
