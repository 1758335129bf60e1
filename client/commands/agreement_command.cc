#include <cmath>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/compared_runs.h"
#include "client/commands/context.h"
#include "client/commands/resampling_options.h"
#include "client/output/score_cells.h"
#include "common/base/status_macros.h"
#include "common/domain/rating.h"
#include "common/statistics/judge_agreement.h"

namespace assay {
namespace {

using Runs = std::vector<v1::GetRunScoresResponse>;

struct AgreementOptions {
  std::vector<std::string> names;
  bool groups = false;
  BootstrapOptions bootstrap{.resamples = 2000};
  OutputFormat format = OutputFormat::kTable;
};

// The judges of one criterion and what they gave to each answer.
struct Panel {
  std::string criterion;
  std::string group;  // empty: all
  std::vector<std::string> judges;
  Ratings ratings;
  std::vector<int32_t> cluster;  // answers to one item hang together
};

struct Measured {
  Panel panel;
  JudgeAgreement agreement;
};

template <typename Key>
int32_t NumberOf(std::map<Key, int32_t>& numbers, Key key) {
  return numbers.emplace(std::move(key), static_cast<int32_t>(numbers.size())).first->second;
}

// Judges that read replies in another way are others.
std::string JudgeOf(const v1::GetRunScoresResponse& run) {
  const std::string plain = absl::StrCat("judge-", run.metric());
  const v1::RunSpec& spec = run.spec();
  if (spec.settings().protocol() == plain) return spec.model_name();
  return absl::StrCat(spec.model_name(), " (", spec.settings().protocol(), ")");
}

// The ratings of `criterion`, of one category or of all.
absl::StatusOr<Panel> MakePanel(const Runs& runs, const std::string& criterion,
                                const std::string& group) {
  Panel panel;
  panel.criterion = criterion;
  panel.group = group;
  std::map<std::string, int32_t> judges;
  std::map<std::pair<int64_t, int64_t>, int32_t> units;  // of the judged run, the item
  std::map<std::pair<std::string, int64_t>, int32_t> items;
  std::map<std::pair<int32_t, int64_t>, int64_t> seen;  // judge and judged run -> run
  for (const v1::GetRunScoresResponse& run : runs) {
    if (run.metric() != criterion) continue;
    const v1::RunSpec& spec = run.spec();
    const int32_t judge = NumberOf(judges, JudgeOf(run));
    const auto [other, is_new] =
        seen.emplace(std::make_pair(judge, spec.judged_run()), spec.run_id());
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(
          "runs ", other->second, " and ", spec.run_id(), " are both of judge ", JudgeOf(run),
          " on the answers of run ", spec.judged_run(), "; name one of them, as run:NUMBER"));
    }
    for (int i = 0; i < run.item_ordinal_size(); ++i) {
      if (!group.empty() && run.groups(run.group(i)) != group) continue;
      const auto unit = static_cast<size_t>(
          NumberOf(units, std::make_pair(spec.judged_run(), run.item_ordinal(i))));
      if (unit == panel.cluster.size()) {
        panel.cluster.push_back(
            NumberOf(items, std::make_pair(spec.dataset_sha256(), run.item_ordinal(i))));
      }
      panel.ratings.resize(judges.size());
      std::vector<std::optional<double>>& given = panel.ratings[judge];
      if (given.size() <= unit) given.resize(unit + 1);
      given[unit] = ShareToRating(run.value(i));
    }
  }
  panel.judges.resize(judges.size());
  for (const auto& [name, number] : judges) panel.judges[number] = name;
  panel.ratings.resize(judges.size());
  for (auto& given : panel.ratings) given.resize(panel.cluster.size());
  return panel;
}

absl::StatusOr<std::vector<Measured>> Measure(const Runs& runs, const AgreementOptions& options) {
  std::vector<std::string> criteria;
  std::map<std::string, std::set<std::string>> groups;
  for (const v1::GetRunScoresResponse& run : runs) {
    if (groups.count(run.metric()) == 0) criteria.push_back(run.metric());
    groups[run.metric()].insert("");
    if (options.groups) groups[run.metric()].insert(run.groups().begin(), run.groups().end());
  }
  std::vector<Measured> measured;
  for (const std::string& criterion : criteria) {
    for (const std::string& group : groups[criterion]) {
      ASSAY_ASSIGN_OR_RETURN(Panel panel, MakePanel(runs, criterion, group));
      if (panel.judges.size() < 2) continue;
      JudgeAgreement agreement = MeasureAgreement(panel.ratings, panel.cluster, options.bootstrap);
      measured.push_back({std::move(panel), std::move(agreement)});
    }
  }
  return measured;
}

// "0.512", as coefficients are given; "-" where it is undefined.
Cell CoefficientCell(double value) {
  return Cell(NumberJson(value), std::isnan(value) ? "-" : absl::StrFormat("%.3f", value));
}
Cell CoefficientsCell(const Interval& interval) {
  return Cell(
      NumberJson(interval.low),
      std::isnan(interval.low) ? "-" : absl::StrFormat("%.3f … %.3f", interval.low, interval.high));
}

Cell GroupCell(const std::string& group) { return Cell(group, group.empty() ? "all" : group); }

std::vector<Column> PanelColumns() {
  return {{"criterion", "criterion"},
          {"group", "category"},
          {"judges", "judges", Align::kRight},
          {"answers", "answers", Align::kRight},
          {"alpha", "Krippendorff's alpha", Align::kRight},
          {"alpha_low", "95% interval", Align::kRight},
          {"alpha_high", ""}};
}

std::vector<Cell> PanelRow(const Measured& measured) {
  const JudgeAgreement& agreement = measured.agreement;
  return {measured.panel.criterion,
          GroupCell(measured.panel.group),
          measured.panel.judges.size(),
          agreement.units,
          CoefficientCell(agreement.alpha),
          CoefficientsCell(agreement.alpha_interval),
          NumberJson(agreement.alpha_interval.high)};
}

std::vector<Column> PairColumns() {
  return {{"criterion", "criterion"},
          {"group", "category"},
          {"first", "A"},
          {"second", "B"},
          {"answers", "answers", Align::kRight},
          {"spearman", "Spearman", Align::kRight},
          {"spearman_low", "95% interval", Align::kRight},
          {"spearman_high", ""},
          {"spearman_p", ""},
          {"kendall", "Kendall", Align::kRight},
          {"kendall_low", "95% interval", Align::kRight},
          {"kendall_high", ""},
          {"kendall_p", ""},
          {"equal", "equal (%)", Align::kRight},
          {"difference", "A − B", Align::kRight}};
}

std::vector<Cell> PairRow(const Measured& measured, const PairAgreement& pair) {
  return {measured.panel.criterion,
          GroupCell(measured.panel.group),
          measured.panel.judges[pair.first],
          measured.panel.judges[pair.second],
          pair.n,
          CoefficientCell(pair.spearman.correlation.value),
          CoefficientsCell(pair.spearman.interval),
          NumberJson(pair.spearman.interval.high),
          NumberJson(pair.spearman.correlation.p_value),
          CoefficientCell(pair.kendall.correlation.value),
          CoefficientsCell(pair.kendall.interval),
          NumberJson(pair.kendall.interval.high),
          NumberJson(pair.kendall.correlation.p_value),
          PercentCell(pair.equal),
          Cell(NumberJson(pair.difference),
               std::isnan(pair.difference) ? "-" : absl::StrFormat("%+.2f", pair.difference))};
}

Json Record(const std::vector<Column>& columns, std::vector<Cell> cells) {
  Json record = Json::object();
  for (size_t i = 0; i < columns.size(); ++i) record[columns[i].key] = std::move(cells[i].value);
  return record;
}

void WriteJson(const std::vector<Measured>& all, const BootstrapOptions& bootstrap,
               const Console& console) {
  Json agreements = Json::array();
  for (const Measured& measured : all) {
    Json record = Record(PanelColumns(), PanelRow(measured));
    record["judges"] = measured.panel.judges;
    Json pairs = Json::array();
    for (const PairAgreement& pair : measured.agreement.pairs) {
      pairs.push_back(Record(PairColumns(), PairRow(measured, pair)));
    }
    record["pairs"] = std::move(pairs);
    agreements.push_back(std::move(record));
  }
  const Json document = {{"confidence", bootstrap.confidence},
                         {"resamples", bootstrap.resamples},
                         {"seed", bootstrap.seed},
                         {"agreements", std::move(agreements)}};
  *console.out << DumpJson(document, /*indented=*/true) << "\n" << std::flush;
}

void WritePairs(const std::vector<Measured>& all, OutputFormat format, const Console& console) {
  auto pairs = RecordWriter::Create(format, "pairs", PairColumns(), console);
  for (const Measured& measured : all) {
    for (const PairAgreement& pair : measured.agreement.pairs) pairs->Add(PairRow(measured, pair));
  }
  pairs->Finish();
}

absl::Status Show(const CommandContext& context, const AgreementOptions& options) {
  const Console& console = *context.console;
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(Runs runs, FetchRuns(service, options.names, ""));
  std::erase_if(runs, [](const v1::GetRunScoresResponse& run) {
    return run.unit() != v1::METRIC_UNIT_RATING;
  });
  ASSAY_ASSIGN_OR_RETURN(const std::vector<Measured> all, Measure(runs, options));
  if (all.empty()) {
    return absl::InvalidArgumentError(
        "there are no two judges of one criterion; `assay judge JOB --judge M1,M2` makes such "
        "runs");
  }
  switch (options.format) {
    case OutputFormat::kJson:
      WriteJson(all, options.bootstrap, console);
      break;
    case OutputFormat::kCsv:
      WritePairs(all, options.format, console);
      break;
    case OutputFormat::kTable:
      auto panels = RecordWriter::Create(options.format, "agreements", PanelColumns(), console);
      for (const Measured& measured : all) panels->Add(PanelRow(measured));
      panels->Finish();
      *console.out << "\n";
      WritePairs(all, options.format, console);
      break;
  }
  return absl::OkStatus();
}

}  // namespace

void AddAgreementCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command =
      parent.add_subcommand("agreement", "How far judges agree on the same answers, by criterion");
  command->footer(
      "Krippendorff's alpha (ordinal) of all judges together; for each pair Spearman's and "
      "Kendall's (tau-b) rank\ncorrelation, the share of equal ratings, and the mean difference. "
      "Only answers that have a rating of two\njudges count. Intervals are the bootstrap's, over "
      "the tasks.");
  auto options = std::make_shared<AgreementOptions>();
  command
      ->add_option("runs", options->names,
                   "Jobs of judges by number, with all their runs; or single runs as run:NUMBER")
      ->required()
      ->type_name("JOB|run:RUN ...");
  command->add_flag("--groups", options->groups, "Each category as well");
  AddResamplingOptions(command, &options->bootstrap.resamples, "Resamples of the bootstrap",
                       &options->bootstrap.seed, "Of the bootstrap");
  auto format = AddFormatOption(command);
  command->callback([&context, options, format] {
    context.action = [&context, options, format] {
      options->format = *format;
      return ExitCodeOf(*context.console, Show(context, *options));
    };
  });
}

}  // namespace assay
