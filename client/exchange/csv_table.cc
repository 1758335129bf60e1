#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/exchange/json_text.h"
#include "client/exchange/tables.h"
#include "client/exchange/text_file.h"
#include "client/output/record_writer.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

std::string Field(const ExchangeJson& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return CsvField(value.get_ref<const std::string&>());
  return CsvField(value.dump(-1, ' ', false, ExchangeJson::error_handler_t::replace));
}

class CsvTableWriter : public TableWriter {
 public:
  explicit CsvTableWriter(std::unique_ptr<TextFileWriter> file) : file_(std::move(file)) {}

  absl::Status Add(const TableRow& row) override {
    return file_->Write(
        absl::StrCat(absl::StrJoin(row, ",",
                                   [](std::string* line, const ExchangeJson& value) {
                                     absl::StrAppend(line, Field(value));
                                   }),
                     "\r\n"));
  }
  absl::Status Finish() override { return file_->Finish(); }

 private:
  const std::unique_ptr<TextFileWriter> file_;
};

class CsvTableReader : public TableReader {
 public:
  CsvTableReader(std::unique_ptr<TextFileReader> file, std::vector<TableColumn> columns)
      : file_(std::move(file)), columns_(std::move(columns)) {}

  absl::Status ReadHeader() {
    std::vector<std::string> header;
    ASSAY_ASSIGN_OR_RETURN(const bool is_there, Record(&header));
    if (!is_there) return file_->Error(1, "the header is missing");
    for (const std::string& name : header) {
      size_t place = 0;
      while (place < columns_.size() && columns_[place].name != name) ++place;
      if (place == columns_.size()) {
        return file_->Error(1, absl::StrCat("unknown column ", Excerpt(name)));
      }
      for (const size_t other : places_) {
        if (other == place) return file_->Error(1, absl::StrCat("column ", name, " twice"));
      }
      places_.push_back(place);
    }
    if (places_.size() == columns_.size()) return absl::OkStatus();
    return file_->Error(1, "columns are missing; is it a file of another version?");
  }

  absl::StatusOr<bool> Next(TableRow* row) override {
    std::vector<std::string> fields;
    ASSAY_ASSIGN_OR_RETURN(const bool is_there, Record(&fields));
    if (!is_there) return false;
    if (fields.size() != places_.size()) {
      return file_->Error(record_line_, absl::StrCat("has ", fields.size(), " fields, not ",
                                                     places_.size(), " (is the file cut short?)"));
    }
    row->assign(columns_.size(), nullptr);
    for (size_t i = 0; i < fields.size(); ++i) {
      const TableColumn& column = columns_[places_[i]];
      absl::StatusOr<ExchangeJson> value = Value(column, fields[i]);
      if (!value.ok()) {
        return file_->Error(record_line_,
                            absl::StrCat("column ", column.name, ": ", value.status().message()));
      }
      (*row)[places_[i]] = *std::move(value);
    }
    return true;
  }
  std::string Place() const override { return absl::StrCat(file_->path(), ":", record_line_); }

 private:
  static absl::StatusOr<ExchangeJson> Value(const TableColumn& column, const std::string& field) {
    if (field.empty()) return ExchangeJson();
    if (column.type == ColumnType::kText) return ExchangeJson(field);
    if (column.type == ColumnType::kNumber && (field == "Infinity" || field == "-Infinity")) {
      return ExchangeJson(field);
    }
    ExchangeJson value = ParseJson(field);
    if (value.is_discarded()) {
      return absl::InvalidArgumentError(absl::StrCat(Excerpt(field), " is no such value"));
    }
    return value;
  }

  // The next record; false at the end.
  absl::StatusOr<bool> Record(std::vector<std::string>* fields) {
    fields->clear();
    record_line_ = file_->line();
    if (file_->Peek() < 0) {
      ASSAY_RETURN_IF_ERROR(file_->Check());
      return false;
    }
    while (true) {
      std::string& field = fields->emplace_back();
      ASSAY_ASSIGN_OR_RETURN(const int end, ReadField(&field));
      if (FindInvalidUtf8(field) != absl::string_view::npos) {
        return file_->Error(record_line_, "is not UTF-8");
      }
      if (end == ',') continue;
      if (end < 0) {
        ASSAY_RETURN_IF_ERROR(file_->Check());
        return file_->Error(record_line_, "does not end with a line break; the file is cut short");
      }
      file_->CountLine();
      return true;
    }
  }

  // Up to what ends the field: ',', '\n' or -1.
  absl::StatusOr<int> ReadField(std::string* field) {
    int c = file_->Get();
    const bool quoted = c == '"';
    if (quoted) c = file_->Get();
    while (true) {
      if (quoted && c == '"') {
        c = file_->Get();
        if (c != '"') break;
      } else if (c < 0 || (!quoted && (c == ',' || c == '\n' || c == '\r'))) {
        break;
      } else if (c == '\n') {
        file_->CountLine();
      }
      if (field->size() >= kMostLineBytes) {
        return file_->Error(record_line_,
                            absl::StrCat("has a field of more than ", kMostLineBytes, " bytes"));
      }
      field->push_back(static_cast<char>(c));
      c = file_->Get();
    }
    if (c == '\r' && (file_->Peek() == '\n' || file_->Peek() < 0)) c = file_->Get();
    if (c == ',' || c == '\n' || c < 0) return c;
    return file_->Error(record_line_, "has something after a closing quote");
  }

  const std::unique_ptr<TextFileReader> file_;
  const std::vector<TableColumn> columns_;
  std::vector<size_t> places_;  // of the file's columns in `columns_`
  int64_t record_line_ = 1;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TableWriter>> CreateCsvTable(const std::string& path,
                                                            std::vector<TableColumn> columns) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<TextFileWriter> file, TextFileWriter::Create(path));
  TableRow header;
  for (const TableColumn& column : columns) header.push_back(column.name);
  auto table = std::make_unique<CsvTableWriter>(std::move(file));
  ASSAY_RETURN_IF_ERROR(table->Add(header));
  return table;
}

absl::StatusOr<std::unique_ptr<TableReader>> OpenCsvTable(const std::string& path,
                                                          std::vector<TableColumn> columns) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<TextFileReader> file, TextFileReader::Open(path));
  auto table = std::make_unique<CsvTableReader>(std::move(file), std::move(columns));
  ASSAY_RETURN_IF_ERROR(table->ReadHeader());
  return table;
}

}  // namespace assay
