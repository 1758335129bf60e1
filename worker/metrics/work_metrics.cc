#include "worker/metrics/work_metrics.h"

#include <variant>
#include <vector>

namespace assay {
namespace {

const char* NameOf(FailedPart part) {
  switch (part) {
    case FailedPart::kLoad:
      return "load";
    case FailedPart::kPreparation:
      return "preparation";
    case FailedPart::kEngine:
      return "engine";
    case FailedPart::kProgram:
      return "program";
    case FailedPart::kEndpoint:
      return "endpoint";
    case FailedPart::kOther:
      break;
  }
  return "other";
}

}  // namespace

WorkMetrics::WorkMetrics(prometheus::Registry* registry)
    : preparation_seconds_(
          prometheus::BuildHistogram()
              .Name("assay_worker_tokenization_duration_seconds")
              .Help("Time to render a shard's prompts and to make tokens of them")
              .Register(*registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025,
                                                               0.05, 0.1, 0.25, 0.5, 1, 5})),
      shard_seconds_(
          prometheus::BuildHistogram()
              .Name("assay_worker_shard_duration_seconds")
              .Help("Time from a lease's coming to its report")
              .Register(*registry)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
                                                               60, 120, 300, 600, 1800})),
      failures_(prometheus::BuildCounter()
                    .Name("assay_worker_shard_failures_total")
                    .Help("Shards that failed, by the part of the work that did; not those that "
                          "were given back")
                    .Register(*registry)),
      item_errors_(prometheus::BuildCounter()
                       .Name("assay_worker_item_errors_total")
                       .Help("Items that are reported as errors")
                       .Register(*registry)
                       .Add({})) {
  for (const FailedPart part : {FailedPart::kOther, FailedPart::kLoad, FailedPart::kPreparation,
                                FailedPart::kEngine, FailedPart::kProgram, FailedPart::kEndpoint}) {
    failures_.Add({{"part", NameOf(part)}});
  }
}

void WorkMetrics::Prepared(absl::Duration took) {
  preparation_seconds_.Observe(absl::ToDoubleSeconds(took));
}

void WorkMetrics::Reported(const ShardReport& report, absl::Duration took) {
  if (const auto* failure = std::get_if<ShardFailure>(&report.outcome)) {
    if (!failure->returned) failures_.Add({{"part", NameOf(failure->part)}}).Increment();
    return;
  }
  shard_seconds_.Observe(absl::ToDoubleSeconds(took));
  for (const Prediction& prediction : std::get<std::vector<Prediction>>(report.outcome)) {
    if (!prediction.error.empty()) item_errors_.Increment();
  }
}

}  // namespace assay
