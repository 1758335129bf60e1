#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/leaderboard_items.h"
#include "client/commands/leaderboard_output.h"
#include "client/commands/resampling_options.h"
#include "client/output/score_cells.h"
#include "common/base/status_macros.h"
#include "common/domain/run_settings.h"
#include "common/leaderboard/table.h"

namespace assay {
namespace {

struct LeaderboardOptions {
  LeaderboardQuery query;
  std::string precision = "bfloat16";
  std::string prompt_template = "none";
  std::string view = "suite";
  std::vector<std::string> benchmarks;
  std::string sort;
  bool ascending = false;
  std::string size;
  TableFilter filter;
  std::string method;
  std::string tuning;
  bool intervals = false;
  bool ranks = false;
  bool shots_delta = false;
  BootstrapOptions bootstrap = {.resamples = 2000};
  std::shared_ptr<OutputFormat> format;
};

// The texts of the command line as what they stand for.
absl::Status ReadOptions(LeaderboardOptions& options, std::vector<LeaderboardColumn>* columns) {
  ASSAY_ASSIGN_OR_RETURN(options.query.precision, ParsePrecision(options.precision));
  ASSAY_ASSIGN_OR_RETURN(options.query.prompt_template,
                         ParsePromptTemplate(options.prompt_template));
  if (!options.size.empty()) ASSAY_RETURN_IF_ERROR(ParseSizeRange(options.size, &options.filter));
  if (!options.method.empty()) {
    ASSAY_ASSIGN_OR_RETURN(options.filter.method, ParseTrainingMethod(options.method));
  }
  if (!options.tuning.empty()) {
    ASSAY_ASSIGN_OR_RETURN(options.filter.tuning, ParseTuning(options.tuning));
  }
  if (options.benchmarks.empty()) {
    ASSAY_ASSIGN_OR_RETURN(const LeaderboardView view, ParseLeaderboardView(options.view));
    *columns = ColumnsOf(view);
  } else {
    *columns = ColumnsOf(options.benchmarks);
  }
  options.query.groups = NeedGroups(*columns);
  return absl::OkStatus();
}

// The key that the table is sorted by: what the command line names, by key or title; or else the
// average, or the last column, where the published tables have theirs.
absl::StatusOr<std::string> SortKey(const std::string& asked,
                                    const std::vector<LeaderboardColumn>& columns) {
  std::vector<std::string> keys = {"model", "parameters"};
  for (const LeaderboardColumn& column : columns) {
    if (!asked.empty() && (absl::EqualsIgnoreCase(column.key, asked) ||
                           absl::EqualsIgnoreCase(column.title, asked))) {
      return column.key;
    }
    if (asked.empty() && column.key == kAverageKey) return column.key;
    keys.push_back(column.key);
  }
  if (asked.empty()) return columns.size() > 1 ? columns.back().key : columns.front().key;
  if (asked == "model" || asked == "parameters") return asked;
  if (asked == "size") return std::string("parameters");
  return absl::InvalidArgumentError(absl::StrCat("--sort: there is no column \"", asked,
                                                 "\"; there are: ", absl::StrJoin(keys, ", ")));
}

// Cells of benchmarks that are not shown are nothing to tell of.
std::vector<LeaderboardOmission> Shown(std::vector<LeaderboardOmission> omissions,
                                       const std::vector<LeaderboardColumn>& columns) {
  const auto is_hidden = [&](const LeaderboardOmission& omission) {
    return std::none_of(columns.begin(), columns.end(), [&](const LeaderboardColumn& column) {
      return column.benchmark == omission.benchmark;
    });
  };
  omissions.erase(std::remove_if(omissions.begin(), omissions.end(), is_hidden), omissions.end());
  return omissions;
}

absl::Status Show(const CommandContext& context, LeaderboardOptions& options) {
  ShownLeaderboard shown;
  ASSAY_RETURN_IF_ERROR(ReadOptions(options, &shown.columns));
  ASSAY_ASSIGN_OR_RETURN(shown.sorted_by, SortKey(options.sort, shown.columns));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(LeaderboardData data, FetchLeaderboard(service, options.query));
  shown.query = options.query;
  shown.intervals = options.intervals;
  shown.rows = MakeTable(data, shown.columns);
  shown.omissions = Shown(std::move(data.omissions), shown.columns);
  KeepRows(options.filter, &shown.rows);
  SortRows(shown.sorted_by, options.ascending, &shown.rows);
  if (options.ranks) {
    const auto column =
        std::find_if(shown.columns.begin(), shown.columns.end(),
                     [&](const LeaderboardColumn& other) { return other.key == shown.sorted_by; });
    if (column == shown.columns.end()) {
      return absl::InvalidArgumentError("--ranks: sort by a column of scores");
    }
    ASSAY_ASSIGN_OR_RETURN(shown.ranks,
                           FetchRanks(service, shown.rows, *column, options.bootstrap));
  }
  WriteLeaderboard(shown, *options.format, *context.console);
  TellOmissions(shown.omissions, *context.console);
  return absl::OkStatus();
}

// A model's runs with and without examples, of one benchmark.
struct ShotsPair {
  const LeaderboardCell* few = nullptr;
  const LeaderboardCell* zero = nullptr;
};

std::vector<Column> DeltaColumns() {
  return {{"model", "model"},
          {"benchmark", "benchmark"},
          {"few_shots", "shots", Align::kRight},
          {"few", "few-shot (%)", Align::kRight},
          {"zero", "zero-shot (%)", Align::kRight},
          {"difference", "few − zero (points)", Align::kRight},
          {"standard_error", "± s.e.", Align::kRight},
          {"low", "95% interval", Align::kRight},
          {"high", ""},
          {"items", "items", Align::kRight},
          {"few_run_id", ""},
          {"zero_run_id", ""}};
}

absl::Status ShowShotsDelta(const CommandContext& context, LeaderboardOptions& options) {
  std::vector<LeaderboardColumn> columns;
  ASSAY_RETURN_IF_ERROR(ReadOptions(options, &columns));
  options.query.groups = false;
  options.query.baselines = false;
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const LeaderboardData few, FetchLeaderboard(service, options.query));
  LeaderboardQuery without = options.query;
  without.shots = 0;
  ASSAY_ASSIGN_OR_RETURN(const LeaderboardData zero, FetchLeaderboard(service, without));

  std::vector<TableRow> rows = MakeTable(few, columns);
  KeepRows(options.filter, &rows);
  std::map<std::pair<std::string, std::string>, ShotsPair> pairs;
  for (const LeaderboardCell& cell : few.cells) pairs[{cell.model, cell.run.benchmark}].few = &cell;
  for (const LeaderboardCell& cell : zero.cells) {
    pairs[{cell.model, cell.run.benchmark}].zero = &cell;
  }
  auto writer =
      RecordWriter::Create(*options.format, "shots_deltas", DeltaColumns(), *context.console);
  for (const TableRow& row : rows) {
    for (const LeaderboardColumn& column : columns) {
      const ShotsPair pair = pairs[{row.model, column.benchmark}];
      if (column.is_rating || !column.group.empty() || pair.few == nullptr ||
          pair.zero == nullptr || pair.few->run.run_id == pair.zero->run.run_id) {
        continue;
      }
      ASSAY_ASSIGN_OR_RETURN(const Estimate difference,
                             FetchDifference(service, pair.few->run.run_id, pair.zero->run.run_id));
      writer->Add({row.model, column.benchmark, pair.few->run.settings.shots,
                   PercentCell(pair.few->metrics.front().value),
                   PercentCell(pair.zero->metrics.front().value), PointsCell(difference.value),
                   PercentCell(difference.standard_error),
                   SignedIntervalCell(difference.interval.low, difference.interval.high),
                   NumberJson(difference.interval.high), difference.n, pair.few->run.run_id,
                   pair.zero->run.run_id});
    }
  }
  writer->Finish();
  return absl::OkStatus();
}

void AddQueryOptions(CLI::App* command, LeaderboardOptions& options) {
  command
      ->add_option("--benchmark", options.benchmarks,
                   "Columns: these benchmarks instead of a view's")
      ->delimiter(',')
      ->type_name("B,...");
  command->add_option("--view", options.view, "suite, problem_solving, alignment or writing")
      ->type_name("VIEW")
      ->capture_default_str();
  command
      ->add_option("--protocol", options.query.protocol,
                   "Runs of this protocol (default: each benchmark's first)")
      ->type_name("P");
  command
      ->add_option("--shots", options.query.shots,
                   "Runs with this number of examples (default: the protocol's)")
      ->type_name("K")
      ->check(CLI::Range(0, 1000));
  command
      ->add_option(
          "--samples", options.query.samples,
          "Of benchmarks that have a protocol for so many samples, as HumanEval has, runs by "
          "it: pass@1 over all of them")
      ->type_name("N")
      ->check(CLI::Range(1, kMostSamples));
  command->add_option("--precision", options.precision, "Runs in this precision")
      ->type_name("P")
      ->capture_default_str();
  command->add_option("--template", options.prompt_template, "Runs with this prompt template")
      ->type_name("T")
      ->capture_default_str();
  command
      ->add_option("--dataset", options.query.datasets,
                   "Data sets to take instead of those that are named as their benchmark")
      ->delimiter(',')
      ->type_name("D,...");
  command->add_flag("--partial", options.query.partial,
                    "Also runs over a part of the items, marked; whole ones go before them");
}

void AddShapeOptions(CLI::App* command, LeaderboardOptions& options) {
  command->add_flag("--baselines", options.query.baselines,
                    "With published results, and how much ours are above them");
  command
      ->add_option("--sort", options.sort,
                   "Column, or model or parameters (default: the average, or the last column)")
      ->type_name("COLUMN");
  command->add_flag("--ascending", options.ascending, "The lowest first");
  command->add_option("--size", options.size, "Only models of these sizes: 1b..13b, ..3b, 7b..")
      ->type_name("RANGE");
  command->add_option("--foundation", options.filter.foundation, "Only models on this foundation")
      ->type_name("F");
  command->add_option("--family", options.filter.family, "Only models of this family")
      ->type_name("F");
  command
      ->add_option("--method", options.method,
                   "Only models trained so: pretrained, supervised or rlhf")
      ->type_name("M");
  command->add_option("--tuning", options.tuning, "Only models tuned so: full or lora")
      ->type_name("T");
  command->add_flag("--intervals", options.intervals,
                    "Each score with its 95% interval and number of items");
  command->add_flag("--ranks", options.ranks,
                    "The ranks that the data allow, in the column that is sorted by");
  AddResamplingOptions(command, &options.bootstrap.resamples, "Resamples of the items for --ranks",
                       &options.bootstrap.seed, "Of the resamples");
  command->add_flag("--shots-delta", options.shots_delta,
                    "What examples bring: every model's few-shot score less its zero-shot score");
}

}  // namespace

void AddLeaderboardCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command =
      parent.add_subcommand("leaderboard", "Models side by side: their newest scores");
  command->footer(
      "A cell is the newest completed run of a model on a benchmark with the default settings, or "
      "those that the options\nname, over all items of the data set that is named as the "
      "benchmark. What else there is is told on the standard\nerror. Sizes, foundations and "
      "methods are what `assay model facts` knows.");
  auto options = std::make_shared<LeaderboardOptions>();
  AddQueryOptions(command, *options);
  AddShapeOptions(command, *options);
  options->format = AddFormatOption(command);
  command->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, options->shots_delta ? ShowShotsDelta(context, *options)
                                                               : Show(context, *options));
    };
  });
}

}  // namespace assay
