// Results that others published.
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/context.h"
#include "client/commands/names.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "client/registry/baseline_file.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/leaderboard/columns.h"
#include "common/rpc/convert_leaderboard.h"

namespace assay {
namespace {

using Stub = v1::EvaluationService::Stub;

struct ImportOptions {
  std::string path;
  std::string name;
  std::string source;
};

std::string ScoreText(const Baseline& baseline, double score) {
  return baseline.kind == BaselineKind::kWriting ? absl::StrFormat("%.2f", score)
                                                 : absl::StrFormat("%.2f", score * 100);
}

// Tells which of the file's own averages do not follow from its columns. They are kept as they are.
void TellWrongAverages(const Baseline& baseline, const Console& console) {
  for (const WrongAverage& wrong : FindWrongAverages(baseline)) {
    *console.err << EscapeLine(baseline.file) << ":" << wrong.line << ": "
                 << EscapeLine(wrong.model) << ": its " << wrong.key << " is "
                 << ScoreText(baseline, wrong.stated) << ", and the mean of its columns is "
                 << ScoreText(baseline, wrong.computed) << "\n";
  }
}

absl::Status Import(const CommandContext& context, const ImportOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(const std::string content, ReadFile(options.path));
  ASSAY_ASSIGN_OR_RETURN(Baseline baseline, ReadBaseline(options.path, content));
  baseline.name =
      options.name.empty() ? std::filesystem::path(options.path).stem().string() : options.name;
  baseline.source = options.source;
  Service service = context.Connect();
  v1::ImportBaselineRequest request;
  *request.mutable_baseline() = ToProto(baseline);
  ASSAY_ASSIGN_OR_RETURN(const v1::ImportBaselineResponse response,
                         service.Call(&Stub::ImportBaseline, request));
  TellWrongAverages(baseline, *context.console);
  size_t scores = 0;
  for (const BaselineRow& row : baseline.rows) scores += row.scores.size();
  TellOutcome(context,
              absl::StrCat(EscapeLine(baseline.name),
                           response.existed() ? ": was imported before: " : ": imported ",
                           baseline.rows.size(), " rows with ", scores, " scores (",
                           BaselineKindName(baseline.kind), ", sha256 ", baseline.sha256, ")"),
              {{"name", baseline.name},
               {"existed", response.existed()},
               {"kind", std::string(BaselineKindName(baseline.kind))},
               {"rows", baseline.rows.size()},
               {"scores", scores},
               {"wrong_averages", FindWrongAverages(baseline).size()},
               {"sha256", baseline.sha256}});
  return absl::OkStatus();
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  v1::ListBaselinesRequest request;
  request.set_rows(true);
  ASSAY_ASSIGN_OR_RETURN(const v1::ListBaselinesResponse response,
                         service.Call(&Stub::ListBaselines, request));
  auto writer = RecordWriter::Create(format, "baselines",
                                     {{"name", "name"},
                                      {"source", "source"},
                                      {"kind", "kind"},
                                      {"rows", "rows", Align::kRight},
                                      {"wrong_averages", "wrong averages", Align::kRight},
                                      {"file", "file"},
                                      {"sha256", "sha256"},
                                      {"imported", "imported"}},
                                     *context.console);
  for (const v1::Baseline& proto : response.baselines()) {
    ASSAY_ASSIGN_OR_RETURN(const Baseline baseline, FromProto(proto));
    writer->Add({baseline.name, baseline.source, std::string(BaselineKindName(baseline.kind)),
                 baseline.rows.size(), FindWrongAverages(baseline).size(), baseline.file,
                 Cell(baseline.sha256, baseline.sha256.substr(0, 12)),
                 TimeCell(proto.has_imported(), proto.imported(), context.console->zone)});
  }
  writer->Finish();
  return absl::OkStatus();
}

absl::Status Remove(const CommandContext& context, const std::string& name) {
  Service service = context.Connect();
  v1::RemoveBaselineRequest request;
  request.set_name(name);
  ASSAY_RETURN_IF_ERROR(service.Call(&Stub::RemoveBaseline, request).status());
  TellOutcome(context, absl::StrCat(EscapeLine(name), ": removed"),
              {{"name", name}, {"removed", true}});
  return absl::OkStatus();
}

}  // namespace

void AddBaselineCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand(
      "baseline", "Published results, to be shown by `assay leaderboard --baselines`");
  group->require_subcommand(1);

  CLI::App* add = group->add_subcommand(
      "import", "Import one of INSTRUCTEVAL's CSV tables; all of it or nothing");
  auto options = std::make_shared<ImportOptions>();
  add->add_option("file", options->path, "The CSV file")->required();
  add->add_option("--name", options->name, "Its name here (default: the file's)");
  add->add_option("--source", options->source, "Whose results they are, as the leaderboard says")
      ->type_name("NAME");
  AddOutcomeFormat(add, context);
  add->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Import(context, *options));
    };
  });

  CLI::App* list = group->add_subcommand("list", "List the published results there are");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });

  CLI::App* remove = group->add_subcommand("remove", "Forget published results");
  auto name = std::make_shared<std::string>();
  remove->add_option("name", *name, "As `assay baseline list` shows it")->required();
  AddOutcomeFormat(remove, context);
  remove->callback([&context, name] {
    context.action = [&context, name] {
      return ExitCodeOf(*context.console, Remove(context, *name));
    };
  });
}

}  // namespace assay
