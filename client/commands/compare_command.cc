#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/compared_runs.h"
#include "client/commands/context.h"
#include "client/commands/names.h"
#include "client/commands/resampling_options.h"
#include "client/output/score_cells.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"
#include "common/statistics/comparison.h"

namespace assay {
namespace {

struct CompareOptions {
  std::vector<std::string> names;
  std::string benchmark;
  bool only_common = false;
  ComparisonOptions statistics;
  OutputFormat format = OutputFormat::kTable;
};

// One benchmark's comparison.
struct Compared {
  RunGroup runs;
  std::vector<std::string> labels;
  int64_t items = 0;
  Comparison comparison;

  const v1::GetRunScoresResponse& first() const { return runs.front(); }
};

absl::StatusOr<Compared> Compare(RunGroup runs, const CompareOptions& options) {
  ASSAY_RETURN_IF_ERROR(CheckComparable(runs));
  ASSAY_ASSIGN_OR_RETURN(const ScoreTable table, MakeScoreTable(runs, options.only_common));
  Compared compared;
  ASSAY_ASSIGN_OR_RETURN(compared.comparison, CompareModels(table, options.statistics));
  compared.labels = RunLabels(runs);
  compared.items = table.items();
  compared.runs = std::move(runs);
  return compared;
}

std::vector<Column> ModelColumns() {
  return {{"run_id", "run", Align::kRight},
          {"job_id", "job", Align::kRight},
          {"label", "model"},
          {"model", ""},
          {"shots", "shots", Align::kRight},
          {"precision", "precision"},
          {"value", "score (%)", Align::kRight},
          {"standard_error", "± s.e.", Align::kRight},
          {"low", "95% interval", Align::kRight},
          {"high", ""},
          {"rank", "rank", Align::kRight},
          {"rank_best", "95% ranks", Align::kRight},
          {"rank_worst", ""}};
}

std::vector<Cell> ModelRow(const Compared& compared, size_t i) {
  const v1::RunSpec& spec = compared.runs[i].spec();
  const ComparedModel& model = compared.comparison.models[i];
  return {spec.run_id(),
          spec.job_id(),
          compared.labels[i],
          spec.model_name(),
          spec.settings().has_shots() ? Json(spec.settings().shots()) : Json(),
          NameOf(spec.settings().precision()),
          PercentCell(model.score.value),
          PercentCell(model.score.standard_error),
          IntervalCell(model.score.interval.low, model.score.interval.high),
          NumberJson(model.score.interval.high),
          model.rank,
          Cell(model.ranks.best, absl::StrCat(model.ranks.best, "–", model.ranks.worst)),
          model.ranks.worst};
}

std::vector<Column> PairColumns() {
  return {{"benchmark", ""},
          {"metric", ""},
          {"items", ""},
          {"first_run_id", ""},
          {"first", "A"},
          {"second_run_id", ""},
          {"second", "B"},
          {"difference", "A − B (points)", Align::kRight},
          {"standard_error", "± s.e.", Align::kRight},
          {"low", "95% interval", Align::kRight},
          {"high", ""},
          {"bootstrap_low", "bootstrap", Align::kRight},
          {"bootstrap_high", ""},
          {"changed", "changed", Align::kRight},
          {"changed_share", ""},
          {"only_first", "only A", Align::kRight},
          {"only_second", "only B", Align::kRight},
          {"mcnemar_p", "McNemar p", Align::kRight},
          {"mcnemar_corrected_p", ""},
          {"mcnemar_holm_p", ""},
          {"permutation_p", "permutation p", Align::kRight},
          {"permutation_exact", ""},
          {"permutation_holm_p", "Holm p", Align::kRight}};
}

std::vector<Cell> PairRow(const Compared& compared, const ComparedPair& pair) {
  const Estimate& difference = pair.difference;
  const auto count = [&](int64_t Discordant::*member) {
    return pair.discordant.has_value() ? Cell((*pair.discordant).*member) : Cell(Json(), "-");
  };
  const std::optional<int64_t> changed = ChangedAnswers(
      compared.runs, static_cast<size_t>(pair.first), static_cast<size_t>(pair.second));
  const double share =
      static_cast<double>(changed.value_or(0)) / static_cast<double>(compared.items);
  return {compared.first().spec().benchmark(),
          compared.first().metric(),
          compared.items,
          compared.runs[pair.first].spec().run_id(),
          compared.labels[pair.first],
          compared.runs[pair.second].spec().run_id(),
          compared.labels[pair.second],
          PointsCell(difference.value),
          PercentCell(difference.standard_error),
          SignedIntervalCell(difference.interval.low, difference.interval.high),
          NumberJson(difference.interval.high),
          SignedIntervalCell(pair.bootstrap.low, pair.bootstrap.high),
          NumberJson(pair.bootstrap.high),
          changed.has_value()
              ? Cell(*changed, absl::StrFormat("%d (%.2f%%)", *changed, 100 * share))
              : Cell(Json(), "-"),
          changed.has_value() ? Json(share) : Json(),
          count(&Discordant::first),
          count(&Discordant::second),
          ProbabilityCell(pair.mcnemar),
          NumberJson(pair.mcnemar_corrected),
          NumberJson(pair.mcnemar_holm),
          ProbabilityCell(pair.permutation.p_value),
          pair.permutation.exact,
          ProbabilityCell(pair.permutation_holm)};
}

Json Record(const std::vector<Column>& columns, std::vector<Cell> cells) {
  Json record = Json::object();
  for (size_t i = 0; i < columns.size(); ++i) record[columns[i].key] = std::move(cells[i].value);
  return record;
}

Json ComparedJson(const Compared& compared) {
  const v1::RunSpec& spec = compared.first().spec();
  Json models = Json::array();
  for (size_t i = 0; i < compared.runs.size(); ++i) {
    models.push_back(Record(ModelColumns(), ModelRow(compared, i)));
  }
  Json pairs = Json::array();
  for (const ComparedPair& pair : compared.comparison.pairs) {
    pairs.push_back(Record(PairColumns(), PairRow(compared, pair)));
  }
  return {{"benchmark", spec.benchmark()},
          {"dataset", spec.dataset_name()},
          {"dataset_sha256", spec.dataset_sha256()},
          {"protocol", spec.settings().protocol()},
          {"protocol_version", spec.settings().protocol_version()},
          {"metric", compared.first().metric()},
          {"macro_average", compared.first().macro_average()},
          {"items", compared.items},
          {"models", std::move(models)},
          {"pairs", std::move(pairs)}};
}

void WriteJson(const std::vector<Compared>& all, const ComparisonOptions& statistics,
               const Console& console) {
  Json comparisons = Json::array();
  for (const Compared& compared : all) comparisons.push_back(ComparedJson(compared));
  const Json document = {{"confidence", statistics.confidence},
                         {"resamples", statistics.resamples},
                         {"permutations", statistics.permutations},
                         {"seed", statistics.seed},
                         {"comparisons", std::move(comparisons)}};
  *console.out << DumpJson(document, /*indented=*/true) << "\n" << std::flush;
}

void WriteCsv(const std::vector<Compared>& all, const Console& console) {
  auto writer = RecordWriter::Create(OutputFormat::kCsv, "pairs", PairColumns(), console);
  for (const Compared& compared : all) {
    for (const ComparedPair& pair : compared.comparison.pairs) {
      writer->Add(PairRow(compared, pair));
    }
  }
  writer->Finish();
}

void WriteTables(const std::vector<Compared>& all, const Console& console) {
  for (const Compared& compared : all) {
    if (&compared != &all.front()) *console.out << "\n";
    const v1::RunSettings& settings = compared.first().spec().settings();
    *console.out << EscapeLine(compared.first().spec().dataset_name()) << ", protocol "
                 << EscapeLine(settings.protocol()) << " version " << settings.protocol_version()
                 << ": " << EscapeLine(compared.first().metric()) << ", "
                 << (compared.first().macro_average() ? "mean of the groups' means" : "mean")
                 << " of " << GroupedDigits(compared.items) << " items\n\n";
    auto models = RecordWriter::Create(OutputFormat::kTable, "models", ModelColumns(), console);
    for (size_t i = 0; i < compared.runs.size(); ++i) models->Add(ModelRow(compared, i));
    models->Finish();
    *console.out << "\n";
    auto pairs = RecordWriter::Create(OutputFormat::kTable, "pairs", PairColumns(), console);
    for (const ComparedPair& pair : compared.comparison.pairs) pairs->Add(PairRow(compared, pair));
    pairs->Finish();
  }
}

absl::Status Show(const CommandContext& context, const CompareOptions& options) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(std::vector<v1::GetRunScoresResponse> runs,
                         FetchRuns(service, options.names, options.benchmark));
  std::vector<Compared> all;
  for (RunGroup& group : GroupByBenchmark(std::move(runs))) {
    if (group.size() == 1) {
      const v1::RunSpec& spec = group.front().spec();
      *context.console->err << "only run " << spec.run_id() << " is of "
                            << EscapeLine(spec.benchmark()) << ": left out\n";
      continue;
    }
    ASSAY_ASSIGN_OR_RETURN(Compared compared, Compare(std::move(group), options));
    all.push_back(std::move(compared));
  }
  if (all.empty()) {
    return absl::InvalidArgumentError("there are no two runs of one benchmark to compare");
  }
  switch (options.format) {
    case OutputFormat::kJson:
      WriteJson(all, options.statistics, *context.console);
      break;
    case OutputFormat::kCsv:
      WriteCsv(all, *context.console);
      break;
    case OutputFormat::kTable:
      WriteTables(all, *context.console);
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddCompareCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "compare", "Runs set against each other, item by item: differences, intervals and tests");
  command->footer(
      "Runs of one benchmark are compared when they are of one protocol and data set; models, "
      "shots and precision\nmay differ. For each pair: the difference of the scores with its "
      "interval (Student's t, and the bootstrap's),\nthe items whose answer is another, those that "
      "one of the two alone has right with McNemar's exact test,\nthe permutation test of the "
      "difference, and its p corrected by Holm's method for all pairs of the benchmark.");
  auto options = std::make_shared<CompareOptions>();
  command
      ->add_option("runs", options->names,
                   "Jobs by number, with all their runs; or single runs as run:NUMBER")
      ->required()
      ->type_name("JOB|run:RUN ...");
  command->add_option("--benchmark", options->benchmark, "Only this benchmark, or data set")
      ->type_name("B");
  command->add_flag("--common", options->only_common,
                    "Only items that all runs have; else runs of different items are refused");
  AddResamplingOptions(command, &options->statistics.resamples,
                       "Resamples of the bootstrap, and random permutations",
                       &options->statistics.seed, "Of the bootstrap and the permutations");
  auto format = AddFormatOption(command);
  command->callback([&context, options, format] {
    context.action = [&context, options, format] {
      options->format = *format;
      options->statistics.permutations = options->statistics.resamples;
      return ExitCodeOf(*context.console, Show(context, *options));
    };
  });
}

}  // namespace assay
