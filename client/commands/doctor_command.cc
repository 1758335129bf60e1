#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/commands/context.h"
#include "client/doctor/certificate.h"
#include "client/doctor/examination.h"
#include "client/output/text.h"
#include "client/up/data_folder.h"
#include "common/base/file.h"

namespace assay {
namespace {

struct DoctorOptions {
  MachineOptions machine;
  bool quiet = false;
};

Tone ToneOf(Level level) {
  switch (level) {
    case Level::kOk:
      return Tone::kGood;
    case Level::kNote:
      return Tone::kDim;
    case Level::kWarning:
    case Level::kProblem:
      return Tone::kBad;
  }
  return Tone::kPlain;
}

// For people: a finding a line, and below it what to do.
void WriteText(const Findings& findings, const Console& console) {
  for (const Finding& finding : findings) {
    const std::string level = absl::StrFormat("%-7s", LevelName(finding.level));
    *console.out << Toned(level, ToneOf(finding.level), console.out_colour) << "  "
                 << EscapeControls(absl::StrCat(finding.subject, ": ", finding.text)) << "\n";
    if (!finding.advice.empty()) {
      *console.out << "           " << EscapeControls(finding.advice) << "\n";
    }
  }
}

void WriteRecords(const Findings& findings, OutputFormat format, const Console& console) {
  auto writer = RecordWriter::Create(
      format, "findings",
      {{"level", "level"}, {"subject", "subject"}, {"finding", "finding"}, {"advice", "advice"}},
      console);
  for (const Finding& finding : findings) {
    writer->Add({LevelName(finding.level), finding.subject, finding.text, finding.advice});
  }
  writer->Finish();
}

void Append(Findings added, Findings* findings) {
  for (Finding& finding : added) findings->push_back(std::move(finding));
}

// The certificates that this program was told to use.
Findings CheckOwnCertificates(const TlsFiles& tls, Clock* clock) {
  Findings findings;
  for (const std::string& path : {tls.ca, tls.certificate}) {
    if (path.empty() || path == "system") continue;
    const absl::StatusOr<std::string> pem = ReadFile(path);
    if (pem.ok()) {
      findings.push_back(CheckCertificate(path, *pem, clock->Now()));
    } else {
      findings.push_back({Level::kProblem, path, std::string(pem.status().message()),
                          "name a file that this user may read"});
    }
  }
  return findings;
}

Findings Examine(const CommandContext& context, const MachineOptions& machine) {
  const std::vector<CoordinatorAnswer> answers =
      AskCoordinators(context.coordinator, context.clock);
  Findings findings = CheckService(answers);
  Append(CheckOwnCertificates(context.connection.tls, context.clock), &findings);
  Append(CheckMachine(machine), &findings);
  const bool reached = std::any_of(answers.begin(), answers.end(),
                                   [](const auto& answer) { return answer.status.ok(); });
  if (!reached) return findings;
  Service service = context.Connect();
  const absl::StatusOr<v1::ListModelsResponse> models =
      service.Call(&v1::EvaluationService::Stub::ListModels, v1::ListModelsRequest());
  if (!models.ok()) {
    findings.push_back({Level::kProblem, "models", std::string(models.status().message()),
                        "see the coordinator's log"});
    return findings;
  }
  const std::vector<v1::ModelSpec> specs(models->models().begin(), models->models().end());
  Append(CheckModels(specs, answers), &findings);
  return findings;
}

int RunDoctor(const CommandContext& context, DoctorOptions options, OutputFormat format) {
  if (options.machine.data.empty()) {
    if (const absl::StatusOr<std::string> data = DefaultDataFolder(); data.ok()) {
      options.machine.data = *data;
    }
  }
  Findings findings = Examine(context, options.machine);
  const auto count = [&findings](Level level) {
    return std::count_if(findings.begin(), findings.end(),
                         [level](const Finding& finding) { return finding.level == level; });
  };
  const auto problems = count(Level::kProblem);
  const auto warnings = count(Level::kWarning);
  if (options.quiet) {
    const auto quiet = [](const Finding& finding) { return finding.level < Level::kWarning; };
    findings.erase(std::remove_if(findings.begin(), findings.end(), quiet), findings.end());
  }
  if (format == OutputFormat::kTable) {
    WriteText(findings, *context.console);
    *context.console->out << absl::StrCat(problems, problems == 1 ? " problem, " : " problems, ",
                                          warnings, warnings == 1 ? " warning" : " warnings", "\n");
  } else {
    WriteRecords(findings, format, *context.console);
  }
  *context.console->out << std::flush;
  return problems == 0 ? kExitOk : kExitFailed;
}

}  // namespace

void AddDoctorCommand(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand(
      "doctor",
      "Check a deployment: its coordinators, database and workers, and this machine.\n"
      "Exit code 1 when there is a problem; warnings do not count.");
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("--data", options->machine.data,
                      "The data folder of `assay up`, whose disk is looked at; default: as of "
                      "`assay up`");
  command
      ->add_option("--device", options->machine.device,
                   "Of a worker on this machine: cpu, cuda or cuda:N")
      ->capture_default_str();
  command->add_option("--sandbox", options->machine.sandbox, "Of a worker on this machine")
      ->check(CLI::IsMember({"namespaces", "rlimits"}))
      ->capture_default_str();
  command->add_flag("--quiet", options->quiet, "Tell warnings and problems only");
  auto format = AddFormatOption(command);
  command->callback([&context, options, format] {
    context.action = [&context, options, format] { return RunDoctor(context, *options, *format); };
  });
}

}  // namespace assay
