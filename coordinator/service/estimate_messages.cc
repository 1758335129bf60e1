#include "coordinator/service/estimate_messages.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

constexpr int kMostGroups = 100;
constexpr int kMostWorkers = 1000000;
constexpr int kMostRatios = 10000;
constexpr int kMostPrompts = 32;

}  // namespace

absl::StatusOr<EstimateRequest> ReadEstimate(const v1::EstimateOptions& options) {
  EstimateRequest request;
  if (options.workers_size() > kMostGroups || options.ratios_size() > kMostRatios) {
    return absl::InvalidArgumentError("EstimateOptions: has too many members");
  }
  for (const v1::WorkerGroup& group : options.workers()) {
    if (group.workers() < 1 || group.workers() > kMostWorkers) {
      return absl::InvalidArgumentError(absl::StrCat("WorkerGroup.workers: must be between 1 and ",
                                                     kMostWorkers, ", not ", group.workers()));
    }
    request.workers.push_back({group.kind(), group.workers()});
  }
  for (const v1::TokenRatio& ratio : options.ratios()) {
    if (ratio.characters() < 1 || ratio.tokens() < 1) {
      return absl::InvalidArgumentError("TokenRatio: both counts must be positive");
    }
    request.ratios.push_back(
        {ratio.model(), ratio.dataset(), ratio.protocol(),
         static_cast<double>(ratio.characters()) / static_cast<double>(ratio.tokens())});
  }
  if (options.sample_prompts() < 0 || options.sample_prompts() > kMostPrompts) {
    return absl::InvalidArgumentError(
        absl::StrCat("EstimateOptions.sample_prompts: must be between 0 and ", kMostPrompts));
  }
  request.sample_prompts = options.sample_prompts();
  return request;
}

v1::Estimate MakeEstimate(const SweepTime& time) {
  v1::Estimate estimate;
  estimate.set_seconds(time.seconds);
  estimate.set_device_seconds(time.device_seconds);
  for (const ModelTime& model : time.models) {
    v1::ModelEstimate* added = estimate.add_models();
    added->set_model(model.model);
    added->set_runs(model.runs);
    added->set_seconds(model.seconds);
    added->set_device_seconds(model.device_seconds);
    added->set_load_seconds(model.load_seconds);
    added->set_basis(BasisName(model.basis));
  }
  for (const WorkerGroupSize& group : time.groups) {
    estimate.add_kinds(group.kind);
    estimate.set_workers(estimate.workers() + group.workers);
  }
  estimate.set_margin_runs(time.margin.runs);
  estimate.set_low(time.margin.low);
  estimate.set_median(time.margin.median);
  estimate.set_high(time.margin.high);
  return estimate;
}

}  // namespace assay
