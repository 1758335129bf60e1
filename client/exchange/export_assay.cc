#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/exchange/export.h"
#include "client/exchange/export_layout.h"
#include "client/exchange/proto_json.h"
#include "client/exchange/text_file.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"

namespace assay {
namespace {

ExchangeJson ItemJson(const v1::Item& item) {
  // A map of protocol buffers has no order; names sorted, a file is always the same.
  ExchangeJson fields = ExchangeJson::object();
  const std::map<std::string, std::string> sorted(item.fields().begin(), item.fields().end());
  for (const auto& [name, text] : sorted) fields[name] = text;
  return {{"ordinal", item.ordinal()},
          {"id", item.id()},
          {"group", item.group()},
          {"split", item.split()},
          {"fields", std::move(fields)},
          {"choices", std::vector<std::string>(item.choices().begin(), item.choices().end())},
          {"target", item.target()}};
}

absl::Status WriteItems(const std::vector<v1::Item>& items, const std::string& path) {
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileWriter> file, TextFileWriter::Create(path));
  for (const v1::Item& item : items) {
    ASSAY_RETURN_IF_ERROR(file->Write(ItemJson(item).dump().append("\n")));
  }
  return file->Finish();
}

ExchangeJson RunJson(const ExportedRun& run) {
  ExchangeJson metrics = ExchangeJson::array();
  for (const v1::Metric& metric : run.result.metrics()) metrics.push_back(MessageToJson(metric));
  return {{"run", MessageToJson(run.result.run())},
          {"metrics", std::move(metrics)},
          {"manifest", ExchangeJson::parse(run.result.manifest_json(), nullptr, false)}};
}

// The data sets of all runs, each once, with its items' file.
absl::StatusOr<ExchangeJson> WriteDatasets(const ExportSource& source, const std::string& folder,
                                           Files& files) {
  ExchangeJson datasets = ExchangeJson::array();
  std::map<std::pair<std::string, std::string>, bool> seen;
  for (const ExportedRun& run : source.runs) {
    if (!seen.emplace(std::pair(run.dataset.benchmark(), run.dataset.sha256()), true).second) {
      continue;
    }
    ASSAY_ASSIGN_OR_RETURN(const std::vector<v1::Item> items, source.items(run.dataset));
    files.push_back(absl::StrCat("items-", seen.size(), ".jsonl"));
    ASSAY_RETURN_IF_ERROR(WriteItems(items, absl::StrCat(folder, "/", files.back())));
    datasets.push_back({{"dataset", MessageToJson(run.dataset)}, {"items", files.back()}});
  }
  return datasets;
}

TableRow ScoreRowOf(int64_t run, const v1::GradedPrediction& graded, const v1::Score& score) {
  TableRow row = {run, graded.prediction().item_id(), graded.prediction().sample_index()};
  for (const ExchangeColumn& column : ScoreColumns()) row.push_back(GetColumn(score, column));
  return row;
}

absl::Status WriteTables(const ExportSource& source, TableFormat format, const std::string& folder,
                         Files& files) {
  const auto path = [&](absl::string_view name) {
    files.push_back(absl::StrCat(name, ".", TableFileEnding(format)));
    return absl::StrCat(folder, "/", files.back());
  };
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TableWriter> predictions,
                         CreateTable(format, path("predictions"), PredictionTableColumns()));
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TableWriter> scores,
                         CreateTable(format, path("other_scores"), OtherScoreTableColumns()));
  for (size_t i = 0; i < source.runs.size(); ++i) {
    const auto run = static_cast<int64_t>(i) + 1;
    const auto take = [&](const v1::GradedPrediction& graded) -> absl::Status {
      TableRow row = {run};
      for (const ExchangeColumn& column : PredictionColumns()) {
        row.push_back(GetColumn(graded, column));
      }
      ASSAY_RETURN_IF_ERROR(predictions->Add(row));
      for (const v1::Score& score : graded.other_scores()) {
        ASSAY_RETURN_IF_ERROR(scores->Add(ScoreRowOf(run, graded, score)));
      }
      return absl::OkStatus();
    };
    ASSAY_RETURN_IF_ERROR(source.predictions(source.runs[i].result.run().spec().run_id(), take));
  }
  ASSAY_RETURN_IF_ERROR(predictions->Finish());
  return scores->Finish();
}

}  // namespace

absl::StatusOr<Files> ExportAssay(const ExportSource& source, TableFormat format,
                                  const std::string& folder) {
  Files files = {kExportFile};
  ASSAY_ASSIGN_OR_RETURN(ExchangeJson datasets, WriteDatasets(source, folder, files));
  ASSAY_RETURN_IF_ERROR(WriteTables(source, format, folder, files));
  ExchangeJson models = ExchangeJson::object();
  ExchangeJson runs = ExchangeJson::array();
  for (const ExportedRun& run : source.runs) {
    models[run.model.name()] = MessageToJson(run.model);
    runs.push_back(RunJson(run));
  }
  const ExchangeJson document = {
      {"format", "assay"},
      {"version", kExportVersion},
      {"program_version", kVersion},
      {"tables", std::string(TableFormatName(format))},
      {"submitted",
       absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", source.submitted, absl::UTCTimeZone())},
      {"models", std::move(models)},
      {"datasets", std::move(datasets)},
      {"runs", std::move(runs)}};
  // Last: a folder without it is no export.
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileWriter> file,
                         TextFileWriter::Create(absl::StrCat(folder, "/", kExportFile)));
  ASSAY_RETURN_IF_ERROR(file->Write(
      document.dump(2, ' ', false, ExchangeJson::error_handler_t::replace).append("\n")));
  ASSAY_RETURN_IF_ERROR(file->Finish());
  return files;
}

}  // namespace assay
