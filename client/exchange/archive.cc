#include "client/exchange/archive.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/exchange/json_text.h"
#include "client/exchange/proto_json.h"
#include "client/exchange/text_file.h"
#include "common/base/file.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"

namespace assay {
namespace {

constexpr int kArchiveVersion = 1;
constexpr int64_t kMostHeaderBytes = int64_t{16} << 20;
// A message of rows is ended as soon as it has so many bytes.
constexpr size_t kMessageBytes = size_t{1} << 20;

ColumnType TypeOf(v1::ArchiveKind kind) {
  if (kind == v1::ARCHIVE_KIND_INTEGER) return ColumnType::kInteger;
  return kind == v1::ARCHIVE_KIND_BOOLEAN ? ColumnType::kBoolean : ColumnType::kText;
}

std::vector<TableColumn> ColumnsOf(const v1::ArchiveRows& table) {
  std::vector<TableColumn> columns;
  for (const v1::ArchiveColumn& column : table.columns()) {
    columns.push_back({column.name(), TypeOf(column.kind())});
  }
  return columns;
}

std::vector<std::string> NamesOf(const v1::ArchiveRows& table) {
  std::vector<std::string> names;
  for (const v1::ArchiveColumn& column : table.columns()) names.push_back(column.name());
  return names;
}

// A value as PostgreSQL writes it, and back.
absl::StatusOr<ExchangeJson> ToCell(const v1::ArchiveValue& value, v1::ArchiveKind kind) {
  if (!value.has_text()) return ExchangeJson();
  if (kind == v1::ARCHIVE_KIND_BOOLEAN) return ExchangeJson(value.text() == "true");
  if (kind != v1::ARCHIVE_KIND_INTEGER) return ExchangeJson(value.text());
  int64_t number = 0;
  if (!absl::SimpleAtoi(value.text(), &number)) {
    return absl::InternalError(absl::StrCat("\"", value.text(), "\" is no whole number"));
  }
  return ExchangeJson(number);
}

RowValue FromCell(const ExchangeJson& cell) {
  if (cell.is_null()) return std::nullopt;
  if (cell.is_boolean()) return cell.get<bool>() ? "true" : "false";
  if (cell.is_number_integer()) return absl::StrCat(cell.get<int64_t>());
  return cell.get<std::string>();
}

// What was written survives the machine's fall from here on.
absl::Status SyncToDisk(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = file >= 0 && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  if (done) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat(path, ": cannot be written to the disk: ", std::strerror(error)));
}

absl::StatusOr<v1::ArchiveRows> ReadTable(const std::string& path, const ExchangeJson& json) {
  v1::ArchiveRows table;
  ASSAY_RETURN_IF_ERROR(JsonToMessage(absl::StrCat(path, ": tables"), json, &table));
  // It becomes a file's name.
  for (const char c : table.table()) {
    if ((c >= 'a' && c <= 'z') || c == '_') continue;
    return absl::InvalidArgumentError(absl::StrCat(path, ": tables: a name is none of a table"));
  }
  return table;
}

}  // namespace

absl::Status ArchiveWriter::Add(const v1::ArchiveRows& rows) {
  if (writer_ == nullptr || rows.table() != table_.table()) {
    ASSAY_RETURN_IF_ERROR(EndTable());
    table_.Clear();
    table_.set_table(rows.table());
    *table_.mutable_columns() = rows.columns();
    files_.push_back(absl::StrCat(folder_, "/", rows.table(), ".parquet"));
    ASSAY_ASSIGN_OR_RETURN(writer_,
                           CreateTable(TableFormat::kParquet, files_.back(), ColumnsOf(rows)));
    digest_.AddTable(rows.table(), NamesOf(rows));
    tables_.push_back(table_);
  }
  for (const v1::ArchiveRow& row : rows.rows()) {
    if (row.values_size() != table_.columns_size()) {
      return absl::InternalError(
          absl::StrCat("table ", rows.table(), ": a row has another number of values"));
    }
    TableRow cells;
    std::vector<RowValue> values;
    for (int i = 0; i < row.values_size(); ++i) {
      ASSAY_ASSIGN_OR_RETURN(ExchangeJson cell, ToCell(row.values(i), table_.columns(i).kind()));
      values.push_back(FromCell(cell));
      cells.push_back(std::move(cell));
    }
    digest_.AddRow(values);
    ASSAY_RETURN_IF_ERROR(writer_->Add(cells));
  }
  return absl::OkStatus();
}

absl::Status ArchiveWriter::EndTable() {
  if (writer_ == nullptr) return absl::OkStatus();
  absl::Status status = writer_->Finish();
  writer_.reset();
  return status;
}

absl::Status ArchiveWriter::Finish(const v1::ArchiveSummary& summary) {
  ASSAY_RETURN_IF_ERROR(EndTable());
  if (digest_.Finish() != summary.sha256()) {
    return absl::DataLossError("the rows that came are not those that the coordinator sent");
  }
  ExchangeJson tables = ExchangeJson::array();
  for (const v1::ArchiveRows& table : tables_) tables.push_back(MessageToJson(table));
  const ExchangeJson document = {{"format", "assay-archive"},
                                 {"version", kArchiveVersion},
                                 {"program_version", kVersion},
                                 {"summary", MessageToJson(summary)},
                                 {"tables", std::move(tables)}};
  const std::string path = absl::StrCat(folder_, "/", kArchiveFile);
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<TextFileWriter> file, TextFileWriter::Create(path));
  ASSAY_RETURN_IF_ERROR(file->Write(
      document.dump(2, ' ', false, ExchangeJson::error_handler_t::replace).append("\n")));
  ASSAY_RETURN_IF_ERROR(file->Finish());
  files_.push_back(path);
  files_.push_back(folder_);
  for (const std::string& written : files_) ASSAY_RETURN_IF_ERROR(SyncToDisk(written));
  return absl::OkStatus();
}

absl::StatusOr<Archive> OpenArchive(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kArchiveFile);
  std::error_code error;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(path, error));
  if (error) {
    return absl::NotFoundError(absl::StrCat(path, ": cannot be read; is it an archive's folder?"));
  }
  if (size > kMostHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is too large for an archive's header"));
  }
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  const ExchangeJson json = ParseJson(text);
  if (!json.is_object() || json.value("format", ExchangeJson()) != "assay-archive" ||
      json.value("version", ExchangeJson()) != kArchiveVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is no archive of version ", kArchiveVersion));
  }
  Archive archive;
  archive.folder = folder;
  ASSAY_RETURN_IF_ERROR(JsonToMessage(absl::StrCat(path, ": summary"),
                                      json.value("summary", ExchangeJson()), &archive.summary));
  const ExchangeJson tables = json.value("tables", ExchangeJson());
  if (!tables.is_array()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": tables: is no list"));
  }
  for (const ExchangeJson& table : tables) {
    ASSAY_ASSIGN_OR_RETURN(archive.tables.emplace_back(), ReadTable(path, table));
  }
  return archive;
}

absl::Status ReadArchive(const Archive& archive,
                         const std::function<absl::Status(const v1::ArchiveRows&)>& take) {
  RowDigest digest;
  for (const v1::ArchiveRows& table : archive.tables) {
    digest.AddTable(table.table(), NamesOf(table));
    ASSAY_ASSIGN_OR_RETURN(
        const std::unique_ptr<TableReader> reader,
        OpenTable(TableFormat::kParquet,
                  absl::StrCat(archive.folder, "/", table.table(), ".parquet"), ColumnsOf(table)));
    v1::ArchiveRows part = table;
    // Of a table without rows too, the columns are told.
    bool is_first = true;
    size_t bytes = 0;
    while (true) {
      TableRow cells;
      ASSAY_ASSIGN_OR_RETURN(const bool is_there, reader->Next(&cells));
      if (is_there) {
        std::vector<RowValue> values;
        v1::ArchiveRow* row = part.add_rows();
        for (const ExchangeJson& cell : cells) {
          values.push_back(FromCell(cell));
          v1::ArchiveValue* value = row->add_values();
          if (values.back().has_value()) value->set_text(*values.back());
          bytes += 8 + value->text().size();
        }
        digest.AddRow(values);
      }
      const bool is_full = bytes >= kMessageBytes;
      if (is_full || (!is_there && (is_first || !part.rows().empty()))) {
        ASSAY_RETURN_IF_ERROR(take(part));
        part.clear_rows();
        bytes = 0;
        is_first = false;
      }
      if (!is_there) break;
    }
  }
  if (digest.Finish() == archive.summary.sha256()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      archive.folder, ": the files have other rows than were archived; a file is damaged"));
}

}  // namespace assay
