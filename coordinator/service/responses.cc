#include "coordinator/service/responses.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/rpc/convert.h"
#include "common/rpc/timestamp.h"
#include "common/scoring/graded_by.h"
#include "common/scoring/metrics.h"
#include "common/scoring/pass_at_k_metrics.h"
#include "coordinator/planner/manifest.h"

namespace assay {
namespace {

// The verdict metric of protocols whose items are solved when one of several tries is right.
constexpr absl::string_view kPassAt1 = "pass@1";

}  // namespace

v1::BenchmarkInfo MakeBenchmarkInfo(const Benchmark& benchmark) {
  v1::BenchmarkInfo info;
  info.set_name(std::string(benchmark.name()));
  info.set_description(std::string(benchmark.description()));
  if (const BenchmarkSource* source = benchmark.source(); source != nullptr && !source->built_in) {
    info.set_version(source->version);
    info.set_sha256(source->sha256);
  }
  for (const ProtocolSpec& protocol : benchmark.protocols()) {
    v1::ProtocolInfo* added = info.add_protocols();
    added->set_name(protocol.name);
    added->set_version(protocol.version);
    added->set_shots(protocol.shots);
    added->set_max_input(protocol.max_input);
    added->set_max_output(protocol.max_output);
    added->set_request_type(std::string(RequestTypeName(protocol.request_type)));
    added->set_grader(protocol.grader);
  }
  return info;
}

v1::ExistingRun MakeExistingRun(const FoundRun& run) {
  v1::ExistingRun message;
  *message.mutable_spec() = ToProto(run.spec);
  message.set_state(ToProto(run.state));
  return message;
}

v1::RunPlan MakeRunPlan(const PlannedRun& planned) {
  v1::RunPlan plan;
  *plan.mutable_spec() = ToProto(planned.run.spec);
  plan.set_items(planned.items);
  plan.set_shards(static_cast<int64_t>(planned.run.shards.size()));
  plan.set_first_item_id(planned.first_item_id);
  plan.set_first_prompt(planned.first_prompt);
  plan.set_prompt_tokens(planned.cost.prompt_tokens);
  plan.set_generated_tokens(planned.cost.generated_tokens);
  plan.set_seconds(planned.seconds);
  plan.set_device_seconds(planned.device_seconds);
  plan.set_basis(BasisName(planned.basis));
  plan.set_computed_tokens(planned.expected.computed_tokens);
  plan.set_expected_generated_tokens(planned.expected.generated_tokens);
  plan.mutable_sample_prompts()->Add(planned.sample_prompts.begin(), planned.sample_prompts.end());
  if (planned.price.has_value()) plan.set_cost(*planned.price);
  return plan;
}

absl::StatusOr<v1::RunResult> MakeRunResult(BenchmarkCatalog& catalog, const StoredResult& result,
                                            absl::Time submitted, absl::Span<const int64_t> ks) {
  const RunSpec& spec = result.run.spec;
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark, catalog.Of(spec));
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const ProtocolSpec> protocol,
                         catalog.ProtocolOf(spec));
  v1::RunResult made;
  *made.mutable_run() = ToProto(result.run);
  const ProtocolSpec graded = GradedBy(*protocol, result.run.grader);
  std::vector<Metric> metrics = ComputeMetrics(*benchmark, graded, result.groups);
  if (graded.verdict_metric == kPassAt1) {
    std::vector<int64_t> more = {10, 100};
    std::copy_if(ks.begin(), ks.end(), std::back_inserter(more), [](int64_t k) { return k != 1; });
    const std::vector<Metric> passed = PassAtKMetrics(result.samples, more);
    metrics.insert(metrics.end(), passed.begin(), passed.end());
  }
  for (const Metric& metric : metrics) *made.add_metrics() = ToProto(metric);
  for (const GroupCount& group : result.groups) {
    made.set_unanswered(made.unanswered() + group.unanswered);
    made.set_unparsable(made.unparsable() + group.unparsable);
  }
  made.set_manifest_json(CompleteManifest(result.manifest_json, result.run, submitted));
  if (const std::optional<double> cost = CostOfRun(result.manifest_json, result.run)) {
    made.set_cost(*cost);
  }
  return made;
}

v1::GradedPrediction MakeGradedPrediction(const StoredPrediction& stored) {
  v1::GradedPrediction graded;
  graded.set_run_id(stored.position.run_id);
  graded.set_benchmark(stored.benchmark);
  graded.set_model(stored.model);
  graded.set_group(stored.group);
  graded.set_target(stored.target);
  graded.mutable_choices()->Add(stored.choices.begin(), stored.choices.end());
  *graded.mutable_prediction() = ToProto(stored.prediction);
  *graded.mutable_score() = ToProto(stored.score);
  SetTimestamp(stored.committed, graded.mutable_committed());
  for (const Score& score : stored.other_scores) *graded.add_other_scores() = ToProto(score);
  return graded;
}

}  // namespace assay
