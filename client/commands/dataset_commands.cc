#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/commands/context.h"
#include "client/commands/known_benchmark.h"
#include "client/commands/outcome.h"
#include "client/output/text.h"
#include "common/base/status_macros.h"
#include "common/benchmark/benchmark.h"

namespace assay {
namespace {

constexpr size_t kChunkBytes = 1 << 20;

struct ImportOptions {
  std::string benchmark;
  std::string directory;
  std::string name;
};

std::vector<Column> DatasetColumns() {
  return {{"name", "name"},
          {"benchmark", "benchmark"},
          {"items", "items", Align::kRight},
          {"examples", "examples", Align::kRight},
          {"groups", "groups", Align::kRight},
          {"sha256", "sha256"}};
}

std::vector<Cell> DatasetRow(const v1::DatasetInfo& dataset) {
  return {dataset.name(),   dataset.benchmark(),
          dataset.items(),  dataset.examples(),
          dataset.groups(), Cell(dataset.sha256(), dataset.sha256().substr(0, 12))};
}

// Writes until the server has had enough: what it says then is what Finish returns.
void SendFiles(const std::vector<SourceFile>& files, const ImportOptions& options,
               grpc::ClientWriter<v1::ImportDatasetRequest>* writer) {
  v1::ImportDatasetRequest header;
  header.mutable_header()->set_benchmark(options.benchmark);
  header.mutable_header()->set_name(options.name);
  if (!writer->Write(header)) return;
  for (const SourceFile& file : files) {
    size_t sent = 0;
    do {  // an empty file is a chunk too
      v1::ImportDatasetRequest request;
      request.mutable_chunk()->set_path(file.path);
      request.mutable_chunk()->set_content(file.content.substr(sent, kChunkBytes));
      if (!writer->Write(request)) return;
      sent += kChunkBytes;
    } while (sent < file.content.size());
  }
  writer->WritesDone();
}

absl::Status Import(const CommandContext& context, const ImportOptions& options) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(const std::shared_ptr<const Benchmark> benchmark,
                         FindKnownBenchmark(service, options.benchmark));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<SourceFile> files,
                         CollectFiles(*benchmark, options.directory));
  grpc::ClientContext call;
  v1::ImportDatasetResponse response;
  auto writer = service.stub().ImportDataset(&call, &response);
  SendFiles(files, options, writer.get());
  if (const grpc::Status status = writer->Finish(); !status.ok()) return service.Explain(status);
  const v1::DatasetInfo& dataset = response.dataset();
  TellOutcome(
      context,
      absl::StrCat(EscapeLine(dataset.name()),
                   response.existed() ? ": was imported before: " : ": imported ",
                   GroupedDigits(dataset.items()), " items and ", GroupedDigits(dataset.examples()),
                   " examples in ", dataset.groups(), " groups, from ", files.size(),
                   " files (sha256 ", EscapeLine(dataset.sha256()), ")"),
      {{"name", dataset.name()},
       {"benchmark", dataset.benchmark()},
       {"existed", response.existed()},
       {"items", dataset.items()},
       {"examples", dataset.examples()},
       {"groups", dataset.groups()},
       {"files", files.size()},
       {"sha256", dataset.sha256()}});
  return absl::OkStatus();
}

absl::Status List(const CommandContext& context, OutputFormat format) {
  Service service = context.Connect();
  ASSAY_ASSIGN_OR_RETURN(
      const v1::ListDatasetsResponse response,
      service.Call(&v1::EvaluationService::Stub::ListDatasets, v1::ListDatasetsRequest()));
  auto writer = RecordWriter::Create(format, "datasets", DatasetColumns(), *context.console);
  for (const v1::DatasetInfo& dataset : response.datasets()) writer->Add(DatasetRow(dataset));
  writer->Finish();
  return absl::OkStatus();
}

}  // namespace

void AddDatasetCommands(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("dataset", "Import data sets and list them");
  group->require_subcommand(1);

  CLI::App* add = group->add_subcommand(
      "import", "Import a benchmark's standard files from a folder; all of them or none");
  auto options = std::make_shared<ImportOptions>();
  add->add_option("benchmark", options->benchmark,
                  "mmlu, bbh, ..., or one of your own (`assay benchmark list`)")
      ->required();
  add->add_option("directory", options->directory, "The folder of the files")->required();
  add->add_option("--name", options->name, "The data set's name (default: the benchmark's)");
  AddOutcomeFormat(add, context);
  add->callback([&context, options] {
    context.action = [&context, options] {
      return ExitCodeOf(*context.console, Import(context, *options));
    };
  });

  CLI::App* list = group->add_subcommand("list", "List the data sets");
  auto format = AddFormatOption(list);
  list->callback([&context, format] {
    context.action = [&context, format] {
      return ExitCodeOf(*context.console, List(context, *format));
    };
  });
}

}  // namespace assay
