#include "client/commands/results.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/asking_options.h"
#include "client/commands/names.h"
#include "client/output/score_cells.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

// The workers' own choice (docs/sandbox.md).
constexpr char kStrongSandbox[] = "namespaces";

// What a metric's numbers are multiplied by in tables: shares are shown in percent, ratings as they
// are.
double Scale(const v1::Metric& metric) { return metric.unit() == v1::METRIC_UNIT_RATING ? 1 : 100; }

// "41.23 ± 1.07"; "-" where nothing has a rating.
std::string ScoreText(const v1::Metric& metric) {
  if (std::isnan(metric.value())) return "-";
  const double scale = Scale(metric);
  return absl::StrFormat("%.2f ± %.2f", metric.value() * scale, metric.standard_error() * scale);
}

Json Deviation(const v1::Metric& metric) {
  return metric.has_deviation() ? Json(metric.deviation()) : Json();
}

// The ends of the 95% interval; a coordinator of an earlier version does not tell them.
Json Low(const v1::Metric& metric) { return metric.has_low() ? Json(metric.low()) : Json(); }
Json High(const v1::Metric& metric) { return metric.has_high() ? Json(metric.high()) : Json(); }

Cell LowCell(const v1::Metric& metric) {
  if (!metric.has_low() || !metric.has_high()) return Cell(Json(), "-");
  const double scale = Scale(metric);
  return Cell(metric.low(),
              absl::StrFormat("%.2f–%.2f", metric.low() * scale, metric.high() * scale));
}

Json MetricJson(const v1::Metric& metric) {
  return {{"metric", metric.name()},
          {"group", metric.group()},
          {"value", NumberJson(metric.value())},
          {"standard_error", metric.standard_error()},
          {"items", metric.items()},
          {"errors", metric.errors()},
          {"unanswered", metric.unanswered()},
          {"unparsable", metric.unparsable()},
          {"low", Low(metric)},
          {"high", High(metric)},
          {"unit", metric.unit() == v1::METRIC_UNIT_RATING ? "rating" : "share"},
          {"deviation", Deviation(metric)}};
}

Json Manifest(const v1::RunResult& result) {
  Json manifest = Json::parse(result.manifest_json(), nullptr, /*allow_exceptions=*/false);
  return manifest.is_discarded() ? Json() : manifest;
}

Json RunJson(const v1::RunResult& result) {
  const v1::RunProgress& run = result.run();
  const v1::RunSettings& settings = run.spec().settings();
  Json metrics = Json::array();
  for (const v1::Metric& metric : result.metrics()) metrics.push_back(MetricJson(metric));
  Json json = {
      {"run_id", run.spec().run_id()},
      {"state", NameOf(run.state())},
      {"error", run.error()},
      {"dataset", run.spec().dataset_name()},
      {"dataset_sha256", run.spec().dataset_sha256()},
      {"benchmark", run.spec().benchmark()},
      {"model", run.spec().model_name()},
      {"judged_run", run.spec().judged_run() == 0 ? Json() : Json(run.spec().judged_run())},
      {"judged_model", run.spec().judged_run() == 0 ? Json() : Json(run.spec().judged_model())},
      {"protocol", settings.protocol()},
      {"protocol_version", settings.protocol_version()},
      {"shots", settings.has_shots() ? Json(settings.shots()) : Json()},
      {"precision", NameOf(settings.precision())},
      {"limit", settings.limit()},
      {"sandbox", run.sandbox().empty() ? Json() : Json(run.sandbox())},
      {"items", run.items()},
      {"items_done", run.items_done()},
      {"items_failed", run.items_failed()},
      {"items_reused", run.items_reused()},
      {"items_unanswered", result.unanswered()},
      {"items_unparsable", result.unparsable()},
      {"prompt_tokens", run.prompt_tokens()},
      {"cached_tokens", run.cached_tokens()},
      {"generated_tokens", run.generated_tokens()},
      {"started", TimeCell(run.has_started(), run.started(), absl::UTCTimeZone()).value},
      {"finished", TimeCell(run.has_finished(), run.finished(), absl::UTCTimeZone()).value},
  };
  if (result.has_cost()) json["cost"] = result.cost();
  json.update(AskingJson(settings));
  json["metrics"] = std::move(metrics);
  json["manifest"] = Manifest(result);
  return json;
}

void WriteJson(const v1::GetResultsResponse& response, const ResultsOptions& options,
               const Console& console) {
  Json runs = Json::array();
  for (const v1::RunResult& result : response.runs()) {
    if (options.manifest) {
      runs.push_back({{"run_id", result.run().spec().run_id()}, {"manifest", Manifest(result)}});
    } else {
      runs.push_back(RunJson(result));
    }
  }
  const Json document = {{"job_id", options.job_id}, {"runs", std::move(runs)}};
  *console.out << DumpJson(document, /*indented=*/true) << "\n" << std::flush;
}

void WriteCosts(const v1::GetResultsResponse& response, const Console& console) {
  for (const v1::RunResult& result : response.runs()) {
    if (!result.has_cost()) continue;
    const v1::RunProgress& run = result.run();
    *console.out << "run " << run.spec().run_id() << " (" << EscapeLine(run.spec().model_name())
                 << ", " << EscapeLine(run.spec().dataset_name()) << ") cost "
                 << absl::StrFormat("%.4f", result.cost()) << ": "
                 << GroupedDigits(run.prompt_tokens()) << " tokens of prompts, "
                 << GroupedDigits(run.generated_tokens()) << " of answers\n";
  }
}

// Where the programs of a run were kept apart by much less than usual.
void WriteWeakSandboxes(const v1::GetResultsResponse& response, const Console& console) {
  for (const v1::RunResult& result : response.runs()) {
    const v1::RunProgress& run = result.run();
    if (run.sandbox().empty() || run.sandbox() == kStrongSandbox) continue;
    *console.out << "run " << run.spec().run_id() << " (" << EscapeLine(run.spec().model_name())
                 << ", " << EscapeLine(run.spec().dataset_name())
                 << ") ran its programs in the sandbox " << EscapeLine(run.sandbox())
                 << ", which protects less than " << kStrongSandbox << "\n";
  }
}

// Which of a run's metrics the table shows: the overall one, then subcategories and categories,
// then single groups.
bool IsShown(const v1::Metric& metric, const ResultsOptions& options) {
  if (options.format != OutputFormat::kTable || metric.group().empty()) return true;
  const bool is_category = absl::StrContains(metric.group(), ":");
  return options.detail == Detail::kGroups ||
         (options.detail == Detail::kCategories && is_category);
}

// What the table has columns for beside those that it always has.
struct Shown {
  bool ratings = false;
  bool verdicts = false;  // that tell why there is no score
  bool settings = false;
};

std::vector<Column> ScoreColumns(const Shown& shown) {
  const bool has_ratings = shown.ratings;
  std::vector<Column> columns = {
      {"run_id", ""},
      {"dataset", "benchmark"},
      {"benchmark", ""},
      {"model", has_ratings ? "judge" : "model"},
      {"judged_model", has_ratings ? "answers of" : ""},
      {"judged_run", has_ratings ? "run" : "", Align::kRight},
      {"protocol", "protocol"},
      {"protocol_version", ""},
      {"shots", has_ratings ? "" : "shots", Align::kRight},
      {"precision", "precision"},
      {"limit", ""},
      {"state", "state"},
      {"group", "group"},
      {"metric", "metric"},
      {"value", has_ratings ? "mean rating" : "score (%)", Align::kRight},
      {"deviation", has_ratings ? "std" : "", Align::kRight},
      {"standard_error", ""},
      {"items", "items", Align::kRight},
      {"errors", "errors", Align::kRight},
      {"unanswered", shown.verdicts ? "unanswered" : "", Align::kRight},
      {"unparsable", shown.verdicts ? "unparsable" : "", Align::kRight},
      {"low", "95% interval", Align::kRight},
      {"high", ""}};
  AddAskingColumns(shown.settings, &columns);
  return columns;
}

// A run without any verdict yet has a row without a score.
void AddScoreRow(const v1::RunResult& result, const v1::Metric* metric, RecordWriter& writer) {
  const v1::RunProgress& run = result.run();
  const v1::RunSettings& settings = run.spec().settings();
  const bool overall = metric == nullptr || metric->group().empty();
  std::vector<Cell> cells = {
      run.spec().run_id(),
      run.spec().dataset_name(),
      run.spec().benchmark(),
      run.spec().model_name(),
      run.spec().judged_model(),
      run.spec().judged_run() == 0 ? Json() : Json(run.spec().judged_run()),
      settings.protocol(),
      settings.protocol_version(),
      settings.has_shots() ? Json(settings.shots()) : Json(),
      NameOf(settings.precision()),
      settings.limit(),
      StateCell(run.state()),
      metric == nullptr ? Cell(Json()) : Cell(metric->group(), overall ? "all" : ""),
      metric == nullptr ? Cell(Json()) : Cell(metric->name()),
      metric == nullptr ? Cell(Json(), "-") : Cell(NumberJson(metric->value()), ScoreText(*metric)),
      metric == nullptr || !metric->has_deviation()
          ? Cell(Json(), "-")
          : Cell(metric->deviation(), absl::StrFormat("%.2f", metric->deviation())),
      metric == nullptr ? Cell(Json()) : Cell(metric->standard_error()),
      metric == nullptr ? run.items_done() : metric->items(),
      metric == nullptr ? run.items_failed() : metric->errors(),
      metric == nullptr ? result.unanswered() : metric->unanswered(),
      metric == nullptr ? result.unparsable() : metric->unparsable(),
      metric == nullptr ? Cell(Json(), "-") : LowCell(*metric),
      metric == nullptr ? Cell(Json()) : Cell(High(*metric))};
  AddAskingCells(settings, &cells);
  writer.Add(std::move(cells));
}

}  // namespace

absl::Status ShowResults(const CommandContext& context, Service& service,
                         const ResultsOptions& options) {
  v1::GetResultsRequest request;
  request.set_job_id(options.job_id);
  request.mutable_k()->Add(options.ks.begin(), options.ks.end());
  ASSAY_ASSIGN_OR_RETURN(v1::GetResultsResponse response,
                         service.Call(&v1::EvaluationService::Stub::GetResults, request));
  if (options.second_job_id != 0) {
    request.set_job_id(options.second_job_id);
    ASSAY_ASSIGN_OR_RETURN(const v1::GetResultsResponse second,
                           service.Call(&v1::EvaluationService::Stub::GetResults, request));
    response.MergeFrom(second);
  }
  if (options.format == OutputFormat::kJson || options.manifest) {
    WriteJson(response, options, *context.console);
    return absl::OkStatus();
  }
  Shown shown;
  for (const v1::RunResult& result : response.runs()) {
    const v1::RunSpec& spec = result.run().spec();
    shown.ratings |= spec.judged_run() != 0;
    shown.verdicts |= spec.judged_run() != 0 || result.unanswered() + result.unparsable() > 0;
    shown.settings |= !DescribeAsking(spec.settings()).empty();
  }
  auto writer =
      RecordWriter::Create(options.format, "results", ScoreColumns(shown), *context.console);
  for (const v1::RunResult& result : response.runs()) {
    if (result.metrics().empty()) AddScoreRow(result, nullptr, *writer);
    for (const v1::Metric& metric : result.metrics()) {
      if (IsShown(metric, options)) AddScoreRow(result, &metric, *writer);
    }
  }
  writer->Finish();
  if (options.format == OutputFormat::kTable) {
    WriteCosts(response, *context.console);
    WriteWeakSandboxes(response, *context.console);
  }
  return absl::OkStatus();
}

void AddResultsCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("results", "A job's scores, also while it runs");
  auto options = std::make_shared<ResultsOptions>();
  command->add_option("job", options->job_id, "The job's number")
      ->required()
      ->check(CLI::PositiveNumber);
  command->add_flag_callback(
      "--groups", [options] { options->detail = Detail::kGroups; },
      "The table shows each subject or task (json and csv always do)");
  command
      ->add_option("--k", options->ks,
                   "K1,K2,...: pass@k of runs that have so many samples of each item; those for 1, "
                   "10 and 100 are always shown")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("K")
      ->check(CLI::PositiveNumber);
  command->add_flag("--manifest", options->manifest,
                    "All that is needed to reproduce the runs, as JSON");
  auto format = AddFormatOption(command);
  command->callback([&context, options, format] {
    context.action = [&context, options, format] {
      options->format = *format;
      Service service = context.Connect();
      return ExitCodeOf(*context.console, ShowResults(context, service, *options));
    };
  });
}

}  // namespace assay
