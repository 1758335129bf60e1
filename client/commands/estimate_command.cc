// `assay estimate`
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/count_tokens.h"
#include "client/commands/estimate_text.h"
#include "client/commands/sweep_options.h"
#include "client/commands/sweep_plan.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

constexpr int kSamplePrompts = 16;

struct EstimateCommandOptions {
  std::shared_ptr<SweepOptions> sweep;
  int samples = 1;
  double temperature = 0;
  std::vector<int> workers;
  std::vector<std::string> kinds;
  bool no_tokenizer = false;
  bool runs = false;
  std::shared_ptr<OutputFormat> format;
};

absl::StatusOr<v1::SweepRequest> MakeRequest(const CommandContext& context, Service& service,
                                             const EstimateCommandOptions& options) {
  if (options.kinds.size() > options.workers.size()) {
    return absl::InvalidArgumentError("--kind: name a number of --workers for each kind");
  }
  ASSAY_ASSIGN_OR_RETURN(v1::SweepRequest request, ToRequest(context, service, *options.sweep));
  for (v1::SubmitJobRequest& part : *request.mutable_parts()) {
    v1::SamplingSettings& sampling = *part.mutable_settings()->mutable_sampling();
    if (options.samples > 1) sampling.set_samples(options.samples);
    if (options.temperature > 0) sampling.set_temperature(options.temperature);
  }
  for (size_t i = 0; i < options.workers.size(); ++i) {
    v1::WorkerGroup& group = *request.mutable_estimate()->add_workers();
    group.set_workers(options.workers[i]);
    if (i < options.kinds.size()) group.set_kind(options.kinds[i]);
  }
  return request;
}

// Planned twice where the models are on this machine: first for prompts to be tokenized.
absl::StatusOr<v1::PlanSweepResponse> PlanOf(Service& service, v1::SweepRequest request,
                                             bool tokenize) {
  request.mutable_estimate()->set_sample_prompts(tokenize ? kSamplePrompts : 0);
  ASSAY_ASSIGN_OR_RETURN(v1::PlanSweepResponse plan,
                         service.Call(&v1::EvaluationService::Stub::PlanSweep, request));
  if (!tokenize) return plan;
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListModelsResponse models,
      service.Call(&v1::EvaluationService::Stub::ListModels, v1::ListModelsRequest()));
  const std::vector<v1::TokenRatio> ratios = CountRatios(plan.runs(), models.models());
  if (ratios.empty()) return plan;
  request.mutable_estimate()->set_sample_prompts(0);
  request.mutable_estimate()->mutable_ratios()->Add(ratios.begin(), ratios.end());
  return service.Call(&v1::EvaluationService::Stub::PlanSweep, request);
}

absl::Status Estimate(const CommandContext& context, const EstimateCommandOptions& options) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::SweepRequest request, MakeRequest(context, service, options));
  ASSAY_ASSIGN_OR_RETURN(const v1::PlanSweepResponse plan,
                         PlanOf(service, request, !options.no_tokenizer));
  if (options.runs) {
    WriteSweepPlan(plan, *options.format, *context.console);
    return absl::OkStatus();
  }
  if (!plan.existing().empty()) {
    *context.console->err << plan.existing_size()
                          << " runs are there already and take nothing; --again counts them\n";
  }
  WriteEstimate(plan.estimate(), *options.format, *context.console);
  return absl::OkStatus();
}

}  // namespace

void AddEstimateCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "estimate", "Tell how long a sweep or an evaluation will take, and how many device-hours");
  command->footer(
      "It is learnt from what workers of the same kind did before; what was never measured is "
      "scaled from other models.\nPrompts are tokenized where the model's files are on this "
      "machine. docs/operations.md tells how, and how large the error is.");
  auto options = std::make_shared<EstimateCommandOptions>();
  options->sweep = AddSweepOptions(command);
  command->add_option("--samples", options->samples, "Samples of each item")
      ->type_name("N")
      ->check(CLI::Range(1, 1000));
  command->add_option("--temperature", options->temperature, "Of the samples")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--workers", options->workers,
                   "For so many workers, instead of those that are connected")
      ->delimiter(',')
      ->type_name("N,...")
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("--kind", options->kinds,
                   "Of these kinds, one for each number, as an estimate tells them (default: that "
                   "of the connected ones, or the one measured most)")
      ->delimiter(',')
      ->type_name("KIND,...");
  command->add_flag("--no-tokenizer", options->no_tokenizer,
                    "Go by the number of characters, without the models' tokenizers");
  command->add_flag("--runs", options->runs, "Show a row for each run, as `assay sweep --dry-run`");
  options->format = AddFormatOption(command);
  command->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Estimate(context, *options));
    };
  });
}

}  // namespace assay
