// Which items of a dataset a run asks, with what prompts, and what these cost.
#ifndef ASSAY_COORDINATOR_PLANNER_ITEM_SELECTION_H_
#define ASSAY_COORDINATOR_PLANNER_ITEM_SELECTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/model_spec.h"
#include "common/domain/run_settings.h"
#include "coordinator/planner/cost.h"
#include "coordinator/store/dataset.h"

namespace assay {

// What is asked of a dataset by one setting.
struct SelectedItems {
  std::vector<int64_t> ordinals;
  int64_t characters = 0;           // of all prompts
  int64_t unshared_characters = 0;  // a group's few-shot examples counted once
  int64_t sent_characters = 0;      // to an endpoint, which is asked about each choice by itself
  std::string first_item_id;
  std::string first_prompt;
  std::vector<std::string> samples;  // whole prompts, of all groups
};

// By resolved settings. The prompts of the first `sample_prompts` items, spread over the dataset's
// groups, are kept.
absl::StatusOr<SelectedItems> SelectItems(const Benchmark& benchmark, const ProtocolSpec& protocol,
                                          const RunSettings& settings, const Dataset& dataset,
                                          int sample_prompts);

// Of all samples of the items, where a token has so many characters.
RunCost CostOf(const SelectedItems& selected, const ModelSpec& model, const ProtocolSpec& protocol,
               int samples, double characters_per_token);

// Neighbours stay together, so that a shard's prompts share what comes before the question.
std::vector<std::vector<int64_t>> CutIntoShards(const std::vector<int64_t>& ordinals,
                                                int64_t shard_items);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_ITEM_SELECTION_H_
