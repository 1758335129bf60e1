#include "client/commands/context.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListBenchmarksResponse response,
      service.Call(&v1::EvaluationService::Stub::ListBenchmarks, v1::ListBenchmarksRequest()));
  auto writer = RecordWriter::Create(format, "benchmarks",
                                     {{"benchmark", "benchmark"},
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
      writer->Add({benchmark.name(), protocol.name(), protocol.version(), is_default,
                   protocol.shots(), protocol.max_input(), protocol.max_output(),
                   protocol.request_type(), protocol.grader(), benchmark.description()});
      is_default = false;
    }
  }
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddBenchmarkCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("benchmark", "The benchmarks there are");
  group->require_subcommand(1);
  CLI::App* list = group->add_subcommand("list", "List the benchmarks and their protocols");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });
}

}  // namespace assay
