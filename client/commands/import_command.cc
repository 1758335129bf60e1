#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/exchange_service.h"
#include "client/commands/known_benchmark.h"
#include "client/commands/outcome.h"
#include "client/exchange/import.h"
#include "common/base/status_macros.h"
#include "common/domain/run_settings.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

struct ImportOptions {
  std::string path;
  std::string model;
  std::string precision;
};

absl::Status Show(const CommandContext& context,
                  const absl::StatusOr<v1::ImportRunsResponse>& imported) {
  ASSAY_RETURN_IF_ERROR(imported.status());
  const std::vector<int64_t> runs(imported->run_ids().begin(), imported->run_ids().end());
  TellOutcome(context,
              absl::StrCat("imported as job ", imported->job_id(),
                           runs.size() == 1 ? ": run " : ": runs ", absl::StrJoin(runs, ", ")),
              {{"job_id", imported->job_id()}, {"run_ids", runs}});
  return absl::OkStatus();
}

absl::Status ImportOwn(const CommandContext& context, const ImportOptions& options) {
  Service service = context.Connect();
  return Show(context, CallImport(service, [&options](const SendImport& send) {
                return ImportAssay(options.path, send);
              }));
}

// With the data sets that documents are found in; `service` must outlive it.
absl::StatusOr<LmEvalImport> PrepareLmEval(Service& service, const ImportOptions& options) {
  LmEvalImport results;
  results.path = options.path;
  results.model = options.model;
  if (!options.precision.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const Precision precision, ParsePrecision(options.precision));
    results.precision = ToProto(precision);
  }
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListDatasetsResponse datasets,
      service.Call(&v1::EvaluationService::Stub::ListDatasets, v1::ListDatasetsRequest()));
  results.datasets.assign(datasets.datasets().begin(), datasets.datasets().end());
  results.benchmark = [&service](const std::string& name) {
    return FindKnownBenchmark(service, name);
  };
  results.items = [&service](const v1::DatasetInfo& dataset) {
    return FetchItems(service, dataset);
  };
  return results;
}

absl::Status ImportFromLmEval(const CommandContext& context, const ImportOptions& options) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const LmEvalImport results, PrepareLmEval(service, options));
  return Show(context, CallImport(service, [&results](const SendImport& send) {
                return ImportLmEval(results, send);
              }));
}

}  // namespace

void AddImportCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* group =
      parent.add_subcommand("import", "Bring in results from elsewhere, all or nothing");
  group->require_subcommand(1);
  auto options = std::make_shared<ImportOptions>();

  CLI::App* own =
      group->add_subcommand("assay", "What `assay export` wrote as csv, json or parquet");
  own->add_option("path", options->path, "The export's folder")->required()->type_name("DIR");
  AddOutcomeFormat(own, context);
  own->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, ImportOwn(context, *options));
    };
  });

  CLI::App* lm_eval = group->add_subcommand(
      "lm-eval", "What lm-eval wrote with --log_samples; its documents are found in our data sets");
  lm_eval->add_option("path", options->path, "The folder of results_*.json and samples_*.jsonl")
      ->required()
      ->type_name("PATH");
  lm_eval->add_option("--model", options->model, "What the model is called here")
      ->required()
      ->type_name("NAME");
  lm_eval
      ->add_option("--precision", options->precision,
                   "What the model computed in, where the results do not tell")
      ->type_name("P");
  AddOutcomeFormat(lm_eval, context);
  lm_eval->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, ImportFromLmEval(context, *options));
    };
  });
}

}  // namespace assay
