#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/exchange_service.h"
#include "client/exchange/export.h"
#include "client/output/new_folder.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

struct ExportOptions {
  std::string runs;
  std::string format;
  std::string output;
};

absl::StatusOr<Files> Write(const ExportSource& source, const std::string& format, absl::Time now,
                            const std::string& folder) {
  if (format == "csv") return ExportAssay(source, TableFormat::kCsv, folder);
  if (format == "json") return ExportAssay(source, TableFormat::kJson, folder);
  if (format == "parquet") return ExportAssay(source, TableFormat::kParquet, folder);
  if (format == "human-eval") return ExportHumanEval(source, folder);
  if (format == "lm-eval") return ExportLmEval(source, folder);
  return ExportEveryEvalEver(source, now, folder);
}

absl::Status Export(const CommandContext& context, const ExportOptions& options) {
  ASSAY_ASSIGN_OR_RETURN(const RunsName name, ParseRunsName(options.runs));
  ASSAY_ASSIGN_OR_RETURN(NewFolder folder, NewFolder::Create(options.output));
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const ExportSource source, MakeExportSource(service, name));
  ASSAY_ASSIGN_OR_RETURN(const Files files,
                         Write(source, options.format, context.clock->Now(), folder.path()));
  ASSAY_RETURN_IF_ERROR(folder.Finish());
  *context.console->out << EscapeLine(folder.final_path()) << ": " << source.runs.size()
                        << (source.runs.size() == 1 ? " run in " : " runs in ") << files.size()
                        << " files\n";
  return absl::OkStatus();
}

}  // namespace

void AddExportCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("export", "Write runs that have ended to files");
  auto options = std::make_shared<ExportOptions>();
  command->add_option("runs", options->runs, "A job's number (7), or a run's (run:11)")->required();
  command
      ->add_option(
          "--format", options->format,
          "csv, json or parquet (everything, for `assay import assay`), lm-eval, every-eval-ever, "
          "human-eval")
      ->required()
      ->type_name("FORMAT")
      ->check(
          CLI::IsMember({"csv", "json", "parquet", "lm-eval", "every-eval-ever", "human-eval"}));
  command->add_option("--output", options->output, "A new folder for it")
      ->required()
      ->type_name("DIR");
  command->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Export(context, *options));
    };
  });
}

}  // namespace assay
