#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/exchange/export_layout.h"
#include "client/exchange/import.h"
#include "client/exchange/json_text.h"
#include "client/exchange/proto_json.h"
#include "client/exchange/text_file.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/rpc/timestamp.h"

namespace assay {
namespace {

constexpr size_t kBatchBytes = 1 << 20;
constexpr int64_t kMostHeaderBytes = int64_t{256} << 20;

absl::Status Invalid(absl::string_view where, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat(where, ": ", why));
}

// The SHA-256 of all files of the export, with their names.
absl::StatusOr<std::string> DigestOf(const std::string& folder,
                                     const std::vector<std::string>& names) {
  Sha256 digest;
  for (const std::string& name : names) {
    ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileReader> file,
                           TextFileReader::Open(absl::StrCat(folder, "/", name)));
    digest.Update(name);
    digest.Update(absl::string_view("\0", 1));
    std::string block;
    for (int c = file->Get(); c >= 0; c = file->Get()) {
      block.push_back(static_cast<char>(c));
      if (block.size() == kBatchBytes) {
        digest.Update(block);
        block.clear();
      }
    }
    digest.Update(block);
  }
  return digest.Finish();
}

absl::StatusOr<ExchangeJson> ReadHeader(const std::string& path) {
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read; is it an export's folder?"));
  }
  if (size > kMostHeaderBytes) return Invalid(path, "is too large for an export's header");
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ExchangeJson header = ParseJson(text);
  if (!header.is_object()) return Invalid(path, "is no JSON object; is the file cut short?");
  if (header.value("format", ExchangeJson()) != "assay")
    return Invalid(path, "is no export of assay");
  if (header.value("version", ExchangeJson()) != kExportVersion) {
    return Invalid(path, absl::StrCat("version: only ", kExportVersion, " can be read"));
  }
  const std::pair<const char*, bool> parts[] = {
      {"models", false}, {"datasets", true}, {"runs", true}};
  for (const auto& [name, is_list] : parts) {
    const ExchangeJson part = header.value(name, ExchangeJson());
    if (is_list ? !part.is_array() : !part.is_object()) {
      return Invalid(path, absl::StrCat(name, ": is missing or of a wrong type"));
    }
  }
  return header;
}

absl::StatusOr<v1::Item> ReadItem(const ExchangeJson& json) {
  v1::Item item;
  const auto text = [&json](const char* key, std::string* out) -> absl::Status {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) {
      return absl::InvalidArgumentError(absl::StrCat(key, ": is no text"));
    }
    *out = found->get<std::string>();
    return absl::OkStatus();
  };
  if (!json.is_object()) return absl::InvalidArgumentError("is no JSON object");
  ASSAY_RETURN_IF_ERROR(text("id", item.mutable_id()));
  ASSAY_RETURN_IF_ERROR(text("group", item.mutable_group()));
  ASSAY_RETURN_IF_ERROR(text("split", item.mutable_split()));
  ASSAY_RETURN_IF_ERROR(text("target", item.mutable_target()));
  const ExchangeJson ordinal = json.value("ordinal", ExchangeJson());
  const ExchangeJson fields = json.value("fields", ExchangeJson());
  const ExchangeJson choices = json.value("choices", ExchangeJson());
  if (!ordinal.is_number_integer())
    return absl::InvalidArgumentError("ordinal: is no whole number");
  if (!fields.is_object()) return absl::InvalidArgumentError("fields: is no object");
  if (!choices.is_array()) return absl::InvalidArgumentError("choices: is no list");
  item.set_ordinal(ordinal.get<int64_t>());
  for (const auto& [name, value] : fields.items()) {
    if (!value.is_string()) return absl::InvalidArgumentError(absl::StrCat("fields: ", name));
    (*item.mutable_fields())[name] = value.get<std::string>();
  }
  for (const ExchangeJson& choice : choices) {
    if (!choice.is_string()) return absl::InvalidArgumentError("choices: is no list of texts");
    item.add_choices(choice.get<std::string>());
  }
  return item;
}

absl::Status SendItems(const v1::DatasetInfo& dataset, const std::string& path,
                       const SendImport& send) {
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileReader> file, TextFileReader::Open(path));
  v1::ImportRunsRequest request;
  *request.mutable_items()->mutable_dataset() = dataset;
  std::string line;
  size_t bytes = 0;
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const bool is_there, file->Line(&line));
    if (!is_there) break;
    const absl::StatusOr<v1::Item> item = ReadItem(ParseJson(line));
    if (!item.ok()) return file->Error(file->line() - 1, item.status().message());
    *request.mutable_items()->add_items() = *item;
    bytes += line.size();
    if (bytes < kBatchBytes) continue;
    ASSAY_RETURN_IF_ERROR(send(request));
    request.mutable_items()->clear_items();
    bytes = 0;
  }
  return send(request);
}

// Reads a table's rows as messages, one ahead.
class RowStream {
 public:
  RowStream(std::unique_ptr<TableReader> table, size_t first_column,
            const std::vector<ExchangeColumn>* columns)
      : table_(std::move(table)), first_(first_column), columns_(columns) {}

  // False at the end.
  absl::StatusOr<bool> Next() {
    ASSAY_ASSIGN_OR_RETURN(has_row_, table_->Next(&row_));
    return has_row_;
  }
  bool has_row() const { return has_row_; }
  const ExchangeJson& cell(size_t column) const { return row_[column]; }
  absl::Status Fill(google::protobuf::Message* message) const {
    for (size_t i = 0; i < columns_->size(); ++i) {
      const absl::Status status = SetColumn((*columns_)[i], row_[first_ + i], message);
      if (!status.ok()) return Invalid(table_->Place(), status.message());
    }
    return absl::OkStatus();
  }
  std::string Place() const { return table_->Place(); }

 private:
  const std::unique_ptr<TableReader> table_;
  const size_t first_;
  const std::vector<ExchangeColumn>* const columns_;
  TableRow row_;
  bool has_row_ = false;
};

// Sends the rows of run number `run`, with the scores that other graders gave.
absl::Status SendPredictions(int64_t run, RowStream& predictions, RowStream& scores,
                             const SendImport& send) {
  v1::ImportRunsRequest request;
  std::set<std::pair<std::string, int>> seen;
  size_t bytes = 0;
  while (predictions.has_row() && predictions.cell(0) == run) {
    v1::GradedPrediction graded;
    ASSAY_RETURN_IF_ERROR(predictions.Fill(&graded));
    const v1::Prediction& prediction = graded.prediction();
    if (!seen.emplace(prediction.item_id(), prediction.sample_index()).second) {
      return Invalid(predictions.Place(),
                     absl::StrCat("item ", prediction.item_id(), ", sample ",
                                  prediction.sample_index(), ", is there twice"));
    }
    while (scores.has_row() && scores.cell(0) == run && scores.cell(1) == prediction.item_id() &&
           scores.cell(2) == prediction.sample_index()) {
      ASSAY_RETURN_IF_ERROR(scores.Fill(graded.add_other_scores()));
      ASSAY_RETURN_IF_ERROR(scores.Next().status());
    }
    bytes += graded.ByteSizeLong();
    *request.mutable_predictions()->add_predictions() = std::move(graded);
    ASSAY_RETURN_IF_ERROR(predictions.Next().status());
    if (bytes < kBatchBytes) continue;
    ASSAY_RETURN_IF_ERROR(send(request));
    request.mutable_predictions()->Clear();
    bytes = 0;
  }
  return send(request);
}

absl::StatusOr<TableFormat> FormatOf(const ExchangeJson& header, const std::string& path) {
  for (const TableFormat format : {TableFormat::kCsv, TableFormat::kJson, TableFormat::kParquet}) {
    if (header.value("tables", ExchangeJson()) == std::string(TableFormatName(format)))
      return format;
  }
  return Invalid(path, "tables: is no format that can be read");
}

}  // namespace

absl::Status ImportAssay(const std::string& folder, const SendImport& send) {
  const auto below = [&folder](absl::string_view name) { return absl::StrCat(folder, "/", name); };
  const std::string header_path = below(kExportFile);
  ASSAY_ASSIGN_OR_RETURN(const ExchangeJson header, ReadHeader(header_path));
  ASSAY_ASSIGN_OR_RETURN(const TableFormat format, FormatOf(header, header_path));
  std::vector<std::string> names = {kExportFile};
  std::vector<v1::DatasetInfo> datasets;
  for (const ExchangeJson& dataset : header["datasets"]) {
    const ExchangeJson file =
        dataset.is_object() ? dataset.value("items", ExchangeJson()) : ExchangeJson();
    if (!file.is_string() || absl::StrContains(file.get<std::string>(), "/")) {
      return Invalid(header_path, "datasets: items: is no file's name");
    }
    ASSAY_RETURN_IF_ERROR(JsonToMessage(absl::StrCat(header_path, ": dataset"),
                                        dataset.value("dataset", ExchangeJson()),
                                        &datasets.emplace_back()));
    names.push_back(file.get<std::string>());
  }
  const std::string ending = absl::StrCat(".", TableFileEnding(format));
  names.push_back("predictions" + ending);
  names.push_back("other_scores" + ending);

  v1::ImportRunsRequest start;
  start.mutable_header()->set_format("assay");
  start.mutable_header()->set_version(absl::StrCat(kExportVersion));
  ASSAY_ASSIGN_OR_RETURN(*start.mutable_header()->mutable_sha256(), DigestOf(folder, names));
  absl::Time submitted;
  std::string error;
  const ExchangeJson time = header.value("submitted", ExchangeJson());
  if (!time.is_string() ||
      !absl::ParseTime(absl::RFC3339_full, time.get<std::string>(), &submitted, &error)) {
    return Invalid(header_path, "submitted: is no time as RFC 3339 has it");
  }
  SetTimestamp(submitted, start.mutable_header()->mutable_submitted());
  ASSAY_RETURN_IF_ERROR(send(start));

  for (const ExchangeJson& model : header["models"]) {
    v1::ImportRunsRequest request;
    ASSAY_RETURN_IF_ERROR(
        JsonToMessage(absl::StrCat(header_path, ": model"), model, request.mutable_model()));
    ASSAY_RETURN_IF_ERROR(send(request));
  }
  for (size_t i = 0; i < datasets.size(); ++i) {
    ASSAY_RETURN_IF_ERROR(SendItems(datasets[i], below(names[i + 1]), send));
  }

  ASSAY_ASSIGN_OR_RETURN(
      std::unique_ptr<TableReader> prediction_table,
      OpenTable(format, below(names[names.size() - 2]), PredictionTableColumns()));
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<TableReader> score_table,
                         OpenTable(format, below(names.back()), OtherScoreTableColumns()));
  RowStream predictions(std::move(prediction_table), 1, &PredictionColumns());
  RowStream scores(std::move(score_table), 3, &ScoreColumns());
  ASSAY_RETURN_IF_ERROR(predictions.Next().status());
  ASSAY_RETURN_IF_ERROR(scores.Next().status());
  int64_t number = 0;
  for (const ExchangeJson& run : header["runs"]) {
    ++number;
    const std::string where = absl::StrCat(header_path, ": run ", number);
    if (!run.is_object() || !run.contains("run") || !run.contains("manifest")) {
      return Invalid(where, "has no settings or no manifest");
    }
    v1::ImportRunsRequest request;
    ASSAY_RETURN_IF_ERROR(JsonToMessage(where, run["run"], request.mutable_run()->mutable_run()));
    request.mutable_run()->set_manifest_json(run["manifest"].dump());
    ASSAY_RETURN_IF_ERROR(send(request));
    ASSAY_RETURN_IF_ERROR(SendPredictions(number, predictions, scores, send));
  }
  if (predictions.has_row()) {
    return Invalid(predictions.Place(), "is of no run of export.json, or out of order");
  }
  if (scores.has_row()) return Invalid(scores.Place(), "is of no prediction, or out of order");
  return absl::OkStatus();
}

}  // namespace assay
