#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/commands/benchmark_check.h"
#include "client/commands/context.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/declaration/declared_benchmark.h"

namespace assay {
namespace {

constexpr char kSchemaId[] = "benchmark.schema.json";

struct NamedVersion {
  std::string name;
  int version = 0;  // 0: the latest, or all
};

std::string VersionOf(const v1::BenchmarkInfo& benchmark) {
  return benchmark.version() == 0 ? "built in" : absl::StrCat(benchmark.version());
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListBenchmarksResponse response,
      service.Call(&v1::EvaluationService::Stub::ListBenchmarks, v1::ListBenchmarksRequest()));
  auto writer = RecordWriter::Create(format, "benchmarks",
                                     {{"benchmark", "benchmark"},
                                      {"version", "added as", Align::kRight},
                                      {"sha256", ""},
                                      {"protocol", "protocol"},
                                      {"protocol_version", "version", Align::kRight},
                                      {"default", "default"},
                                      {"shots", "shots", Align::kRight},
                                      {"max_input", "max input", Align::kRight},
                                      {"max_output", "max output", Align::kRight},
                                      {"request_type", "request"},
                                      {"grader", "grader"},
                                      {"description", "description"}},
                                     *context.console);
  for (const v1::BenchmarkInfo& benchmark : response.benchmarks()) {
    bool is_default = true;  // the first
    for (const v1::ProtocolInfo& protocol : benchmark.protocols()) {
      const Json version = benchmark.version() == 0 ? Json() : Json(benchmark.version());
      writer->Add({benchmark.name(), Cell(version, VersionOf(benchmark)), benchmark.sha256(),
                   protocol.name(), protocol.version(), is_default, protocol.shots(),
                   protocol.max_input(), protocol.max_output(), protocol.request_type(),
                   protocol.grader(), benchmark.description()});
      is_default = false;
    }
  }
  writer->Finish();
  return absl::OkStatus();
}

absl::Status Show(const CommandContext& context, const NamedVersion& which) {
  Service service = context.Connect();
  v1::GetBenchmarkRequest request;
  request.set_name(which.name);
  request.set_version(which.version);
  ASSAY_ASSIGN_OR_RETURN(const v1::GetBenchmarkResponse response,
                         service.Call(&v1::EvaluationService::Stub::GetBenchmark, request));
  if (response.text().empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("benchmark \"", which.name,
                     "\" is written in C++; `assay benchmark list` has its protocols"));
  }
  if (context.outcome != OutputFormat::kTable) {
    TellOutcome(context, "",
                {{"name", response.benchmark().name()},
                 {"version", response.benchmark().version()},
                 {"sha256", response.benchmark().sha256()},
                 {"runs", response.runs()},
                 {"text", response.text()}});
    return absl::OkStatus();
  }
  *context.console->out << EscapeControls(response.text()) << std::flush;
  *context.console->err << EscapeLine(response.benchmark().name()) << ": "
                        << VersionOf(response.benchmark());
  if (response.benchmark().version() != 0) {
    *context.console->err << ", sha256 " << EscapeLine(response.benchmark().sha256())
                          << ", used by " << GroupedDigits(response.runs()) << " runs";
  }
  *context.console->err << "\n";
  return absl::OkStatus();
}

absl::Status Add(const CommandContext& context, const std::string& file) {
  v1::AddBenchmarkRequest request;
  ASSAY_ASSIGN_OR_RETURN(*request.mutable_text(), ReadFile(file));
  request.set_path(file);
  // Told here in full, before the service is asked.
  ASSAY_RETURN_IF_ERROR(DeclaredBenchmark::Read(file, request.text()).status());
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const v1::AddBenchmarkResponse response,
                         service.Call(&v1::EvaluationService::Stub::AddBenchmark, request));
  const v1::BenchmarkInfo& added = response.benchmark();
  TellOutcome(context,
              absl::StrCat(EscapeLine(added.name()), " version ", added.version(),
                           response.existed() ? ": was added before" : ": added", " (sha256 ",
                           EscapeLine(added.sha256()), "); its data: assay dataset import ",
                           EscapeLine(added.name()), " PATH"),
              {{"name", added.name()},
               {"version", added.version()},
               {"existed", response.existed()},
               {"sha256", added.sha256()}});
  return absl::OkStatus();
}

absl::Status Remove(const CommandContext& context, const NamedVersion& which) {
  v1::RemoveBenchmarkRequest request;
  request.set_name(which.name);
  request.set_version(which.version);
  Service service = context.Connect();
  ASSAY_RETURN_IF_ERROR(
      service.Call(&v1::EvaluationService::Stub::RemoveBenchmark, request).status());
  TellOutcome(context, absl::StrCat(EscapeLine(which.name), ": removed"),
              {{"name", which.name}, {"removed", true}});
  return absl::OkStatus();
}

// Adds a command that takes a name and, by --version, which of its versions is meant.
void AddNamedCommand(CLI::App* group, CommandContext& context, const char* name,
                     const char* description, const char* version_description,
                     absl::Status (*run)(const CommandContext&, const NamedVersion&)) {
  CLI::App* command = group->add_subcommand(name, description);
  auto which = std::make_shared<NamedVersion>();
  command->add_option("name", which->name, "The benchmark's name")->required();
  command->add_option("--version", which->version, version_description)
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  AddOutcomeFormat(command, context);
  command->callback([&context, which, run] {
    context.action = [&context, which, run] {
      return ExitCodeOf(*context.console, run(context, *which));
    };
  });
}

void AddCheckCommand(CLI::App* group, CommandContext& context) {
  CLI::App* command = group->add_subcommand(
      "check", "Tell every mistake of a file that declares a benchmark, and show what it asks");
  auto options = std::make_shared<BenchmarkCheckOptions>();
  command->add_option("file", options->file, "The YAML file (docs/own_benchmark.md)")->required();
  command->add_option("--data", options->data,
                      "Folder or file of its data (default: the file's own folder)");
  command->add_option("--items", options->items, "How many items of each protocol are shown")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, CheckBenchmark(*options, *context.console));
    };
  });
}

}  // namespace

void AddBenchmarkCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("benchmark", "The benchmarks there are, and your own");
  group->require_subcommand(1);

  CLI::App* list = group->add_subcommand("list", "List the benchmarks and their protocols");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });

  AddCheckCommand(group, context);

  CLI::App* add = group->add_subcommand("add", "Add a benchmark that a YAML file declares");
  auto file = std::make_shared<std::string>();
  add->add_option("file", *file, "The YAML file (docs/own_benchmark.md)")->required();
  AddOutcomeFormat(add, context);
  add->callback([&context, file] {
    context.action = [&context, file] { return ExitCodeOf(*context.console, Add(context, *file)); };
  });

  AddNamedCommand(group, context, "show", "Show the YAML text of a benchmark",
                  "One that was added earlier (default: the latest)", Show);
  AddNamedCommand(group, context, "remove", "Remove a benchmark of your own that no run uses",
                  "That version alone (default: every one)", Remove);

  CLI::App* schema =
      group->add_subcommand("schema", "Print the JSON schema of files that declare a benchmark");
  schema->callback([&context] {
    context.action = [&context] {
      *context.console->out << JsonSchemaOf(DeclarationShape(), kSchemaId,
                                            "A benchmark that Assay can run");
      return kExitOk;
    };
  });
}

}  // namespace assay
