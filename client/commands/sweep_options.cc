#include "client/commands/sweep_options.h"

#include "common/base/file.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::StatusOr<Sweep> ReadOptions(const SweepOptions& options) {
  Sweep sweep;
  if (!options.file.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(options.file));
    ASSAY_ASSIGN_OR_RETURN(sweep, ReadSweep(options.file, file.bytes()));
  }
  const auto replace = [](const auto& from, auto& to) {
    if (!from.empty()) to = from;
  };
  replace(options.sweep.models, sweep.models);
  replace(options.sweep.benchmarks, sweep.benchmarks);
  replace(options.sweep.protocols, sweep.protocols);
  replace(options.sweep.shots, sweep.shots);
  replace(options.sweep.templates, sweep.templates);
  replace(options.sweep.precisions, sweep.precisions);
  if (options.sweep.limit > 0) sweep.limit = options.sweep.limit;
  if (sweep.models.empty() || sweep.benchmarks.empty()) {
    return absl::InvalidArgumentError(
        "name models and benchmarks: --model M,... --benchmark B,..., or a file");
  }
  return sweep;
}

}  // namespace

std::shared_ptr<SweepOptions> AddSweepOptions(CLI::App* command) {
  auto options = std::make_shared<SweepOptions>();
  command
      ->add_option("file", options->file,
                   "YAML with lists: models, benchmarks, shots, templates, protocols, precisions; "
                   "and limit. Options below replace the file's")
      ->type_name("FILE");
  const auto list = [command](const std::string& name, auto& values, const std::string& about) {
    return command->add_option(name, values, about)->delimiter(',')->expected(1, 1000);
  };
  list("--model", options->sweep.models, "Models")->type_name("M,...");
  list("--benchmark", options->sweep.benchmarks, "Data sets")->type_name("B,...");
  list("--protocol", options->sweep.protocols,
       "Protocols (default: each benchmark's first); benchmarks that lack one are left out of it")
      ->type_name("P,...");
  list("--shots", options->sweep.shots, "Numbers of few-shot examples (default: the protocol's)")
      ->type_name("K,...")
      ->check(CLI::Range(0, 1000));
  list("--template", options->sweep.templates, "Prompt templates: none, chat, alpaca")
      ->type_name("T,...");
  list("--precision", options->sweep.precisions,
       "float32, bfloat16 (default), float16, int8, llm-int8")
      ->type_name("P,...");
  command
      ->add_option("--limit", options->sweep.limit, "At most so many items of each subject or task")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--again", options->again, "Also what is completed or under way already");
  AddReuseOption(command, &options->no_reuse);
  return options;
}

void AddReuseOption(CLI::App* command, bool* no_reuse) {
  command
      ->add_flag("--no-reuse", *no_reuse,
                 "Compute everything, also what an earlier run has computed to the last bit; "
                 "for measurements of time")
      ->envname("ASSAY_NO_REUSE");
}

absl::StatusOr<v1::SweepRequest> ToRequest(const CommandContext& context, Service& service,
                                           const SweepOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(const Sweep sweep, ReadOptions(options));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListBenchmarksResponse benchmarks,
      service.Call(&v1::EvaluationService::Stub::ListBenchmarks, v1::ListBenchmarksRequest()));
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListDatasetsResponse datasets,
      service.Call(&v1::EvaluationService::Stub::ListDatasets, v1::ListDatasetsRequest()));
  ASSAY_ASSIGN_OR_RETURN(ExpandedSweep expanded, Expand(sweep, benchmarks, datasets));
  for (const std::string& reason : expanded.left_out) {
    *context.console->err << "left out: " << reason << "\n";
  }
  expanded.request.set_again(options.again);
  for (v1::SubmitJobRequest& part : *expanded.request.mutable_parts()) {
    part.set_no_reuse(options.no_reuse);
  }
  return expanded.request;
}

}  // namespace assay
