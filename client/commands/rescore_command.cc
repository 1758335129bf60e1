#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/exchange_service.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

struct RescoreOptions {
  std::string runs;
  std::string grader;
};

std::string GraderName(const std::string& name, int version) {
  return absl::StrCat(name, " version ", version);
}

absl::Status Rescore(const CommandContext& context, const RescoreOptions& options,
                     OutputFormat format) {
  ASSAY_ASSIGN_OR_RETURN(const RunsName name, ParseRunsName(options.runs));
  Service service = context.Connect();
  v1::RescoreRequest request;
  request.set_job_id(name.job_id);
  request.set_run_id(name.run_id);
  request.set_grader(options.grader);
  ASSAY_ASSIGN_OR_RETURN(const v1::RescoreResponse response,
                         service.Call(&v1::EvaluationService::Stub::Rescore, request));
  auto writer = RecordWriter::Create(format, "runs",
                                     {{"run_id", "run", Align::kRight},
                                      {"grader", "grader"},
                                      {"grader_version", ""},
                                      {"previous_grader", "before"},
                                      {"previous_grader_version", ""},
                                      {"predictions", "predictions", Align::kRight},
                                      {"changed", "changed", Align::kRight}},
                                     *context.console);
  for (const v1::RescoredRun& run : response.runs()) {
    writer->Add({run.run_id(), Cell(run.grader(), GraderName(run.grader(), run.grader_version())),
                 run.grader_version(),
                 Cell(run.previous_grader(),
                      GraderName(run.previous_grader(), run.previous_grader_version())),
                 run.previous_grader_version(), run.predictions(), run.changed()});
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddRescoreCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "rescore",
      "Grade what models answered again, without the models; each run whole or not at all");
  auto options = std::make_shared<RescoreOptions>();
  command->add_option("runs", options->runs, "A job's number (7), or a run's (run:11)")->required();
  command
      ->add_option("--grader", options->grader,
                   "By this grader (default: the protocol's own, as it is now)")
      ->type_name("NAME");
  auto format = AddFormatOption(command);
  command->callback([&context, options, format] {
    context.action = [&context, options, format] {
      return ExitCodeOf(*context.console, Rescore(context, *options, *format));
    };
  });
}

}  // namespace assay
