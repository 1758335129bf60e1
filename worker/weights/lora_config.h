// A PEFT adapter's adapter_config.json, as far as LoRA is concerned.
#ifndef ASSAY_WORKER_WEIGHTS_LORA_CONFIG_H_
#define ASSAY_WORKER_WEIGHTS_LORA_CONFIG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace assay {

// Modules by name or by a pattern.
struct ModuleSelection {
  std::vector<std::string> names;  // a module's whole name, or the end of it behind a dot
  std::string pattern;             // of the whole name, in RE2's syntax
};

struct LoraConfig {
  std::string base;  // base_model_name_or_path
  int64_t rank = 8;
  double alpha = 8;
  // Of modules whose name ends with the pattern; the first that fits counts.
  std::vector<std::pair<std::string, int64_t>> ranks;
  std::vector<std::pair<std::string, double>> alphas;
  bool rank_stabilized = false;  // scaled by alpha / sqrt(rank) instead of alpha / rank
  bool decomposed = false;       // DoRA
  bool keeps_ties = false;       // of the embedding and the head (ensure_weight_tying)
  bool targets_all = false;      // every linear layer
  ModuleSelection targets;
  ModuleSelection excluded;
  std::vector<int64_t> layers;              // of targets by name; empty: all
  std::vector<std::string> layer_patterns;  // the name before a layer's number
  std::vector<std::string> saved_modules;   // replaced as a whole

  int64_t RankOf(absl::string_view module) const;
  double ScaleOf(absl::string_view module) const;
  bool Targets(absl::string_view module) const;
};

// InvalidArgument or Unimplemented names `where` and the field: other kinds of adapters, and
// settings that change the computation in ways that are not known here.
absl::StatusOr<LoraConfig> ParseLoraConfig(const std::string& where, absl::string_view text);

}  // namespace assay

#endif  // ASSAY_WORKER_WEIGHTS_LORA_CONFIG_H_
