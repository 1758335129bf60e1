#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/commands/context.h"
#include "client/commands/leaderboard_items.h"
#include "client/commands/outcome.h"
#include "client/commands/report_data.h"
#include "client/output/new_folder.h"
#include "client/output/text.h"
#include "client/registry/known_models.h"
#include "client/report/html.h"
#include "client/report/population.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/domain/run_settings.h"

namespace assay {
namespace {

struct ReportOptions {
  std::vector<std::string> names;
  std::string output;
  std::string title = "Report";
  LeaderboardQuery query;
  std::string precision = "bfloat16";
  std::string prompt_template = "none";
  bool own = false;        // without published tables
  bool published = false;  // them alone
};

std::string SelectionText(const ReportOptions& options, const ReportData& data) {
  std::string text = "Our runs: ";
  if (options.published) {
    text += "none";
  } else if (!options.names.empty()) {
    absl::StrAppend(&text, "those named ", absl::StrJoin(options.names, ", "));
  } else {
    absl::StrAppend(&text, "the newest of each model and benchmark, ", options.precision,
                    ", template ", options.prompt_template,
                    options.query.protocol.empty() ? "" : ", protocol " + options.query.protocol,
                    options.query.partial ? ", partial ones too (marked *)" : "");
  }
  absl::StrAppend(&text, " (", data.few.cells.size(), " runs). Published tables: ");
  std::vector<std::string> tables;
  for (const Baseline& baseline : data.few.baselines) {
    tables.push_back(absl::StrCat(baseline.name, " (", baseline.source, ", SHA-256 ",
                                  baseline.sha256.substr(0, 12), ")"));
  }
  absl::StrAppend(&text, tables.empty() ? "none" : absl::StrJoin(tables, "; "), ".");
  return text;
}

absl::Status WriteFile(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content << std::flush;
  if (!file) return absl::UnknownError(absl::StrCat(path, ": cannot be written"));
  return absl::OkStatus();
}

absl::Status Report(const CommandContext& context, ReportOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(options.query.precision, ParsePrecision(options.precision));
  ASSAY_ASSIGN_OR_RETURN(options.query.prompt_template,
                         ParsePromptTemplate(options.prompt_template));
  ASSAY_ASSIGN_OR_RETURN(NewFolder folder, NewFolder::Create(options.output));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(ReportData data, options.names.empty()
                                              ? FetchNewest(service, options.query)
                                              : FetchNamed(service, options.names, options.query));
  if (options.published) {
    data.few.cells.clear();
    data.zero.clear();
  }
  if (options.own) data.few.baselines.clear();
  if (data.few.cells.empty() && data.few.baselines.empty()) {
    return absl::NotFoundError(
        "there are neither completed runs (of these settings; --partial takes others too) nor "
        "published tables (`assay baseline import`) to report on");
  }
  ASSAY_ASSIGN_OR_RETURN(const std::vector<ModelFacts> known, KnownModels());
  ReportInput input;
  input.populations = MakePopulations(data.few, known);
  input.baselines = data.few.baselines;
  ASSAY_ASSIGN_OR_RETURN(input.shots, FetchShots(service, data));
  ASSAY_ASSIGN_OR_RETURN(input.agreement, FetchAgreement(service, data));
  input.paired = [&service](int64_t first_run, int64_t second_run) {
    return FetchDifference(service, first_run, second_run);
  };
  ReportPage page;
  page.title = options.title;
  page.selection = SelectionText(options, data);
  page.made = absl::StrCat(
      "Made by assay ", kVersion, " at ",
      absl::FormatTime("%Y-%m-%d %H:%M UTC", context.clock->Now(), absl::UTCTimeZone()), ".");
  input.cells = std::move(data.few.cells);
  ASSAY_ASSIGN_OR_RETURN(page.sections, MakeReport(input));
  ASSAY_RETURN_IF_ERROR(WriteFile(folder.path() + "/report.html", ToHtml(page)));
  size_t tables = 0;
  for (const ReportSection& section : page.sections) {
    for (const ReportTable& table : section.tables) {
      ASSAY_RETURN_IF_ERROR(
          WriteFile(absl::StrCat(folder.path(), "/", table.name, ".csv"), ToCsv(table)));
      ++tables;
    }
  }
  ASSAY_RETURN_IF_ERROR(folder.Finish());
  TellOutcome(context,
              absl::StrCat(EscapeLine(folder.final_path()), "/report.html, and ", tables,
                           " tables as CSV beside it"),
              {{"page", absl::StrCat(folder.final_path(), "/report.html")}, {"tables", tables}});
  return absl::OkStatus();
}

}  // namespace

void AddReportCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "report", "One HTML page that answers what runs and published tables can answer");
  command->footer(
      "What size, foundation, instruction data, training methods and examples in the prompt bring, "
      "how benchmarks hang\ntogether, and in what each model is strong; with the data of each "
      "figure, intervals, and what cannot be said. Without\nnames it takes the runs that `assay "
      "leaderboard` shows. Facts of models are those of `assay model facts`, and of the\nsuite's "
      "own list.");
  auto options = std::make_shared<ReportOptions>();
  command
      ->add_option("runs", options->names,
                   "Jobs by number, with all their runs; or single runs as run:NUMBER")
      ->type_name("JOB|run:RUN ...");
  command->add_option("--output", options->output, "A new folder for report.html and its tables")
      ->required()
      ->type_name("DIR");
  command->add_option("--title", options->title, "Of the page")->capture_default_str();
  command
      ->add_option("--protocol", options->query.protocol,
                   "Runs of this protocol (default: each benchmark's first)")
      ->type_name("P");
  command->add_option("--precision", options->precision, "Runs in this precision")
      ->type_name("P")
      ->capture_default_str();
  command->add_option("--template", options->prompt_template, "Runs with this prompt template")
      ->type_name("T")
      ->capture_default_str();
  command->add_flag("--partial", options->query.partial,
                    "Also runs over a part of the items, marked; whole ones go before them");
  CLI::Option* own =
      command->add_flag("--no-published", options->own, "Without the published tables");
  command->add_flag("--only-published", options->published, "The published tables alone")
      ->excludes(own);
  AddOutcomeFormat(command, context);
  command->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Report(context, *options));
    };
  });
}

}  // namespace assay
