#include <assay_parquet.h>

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/exchange/json_text.h"
#include "client/exchange/tables.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using ErrorText = std::array<char, ASSAY_PARQUET_ERROR_BYTES>;

AssayParquetText ToText(const std::string& text) { return {text.data(), text.size()}; }

// Lists are texts of JSON.
uint8_t KindOf(ColumnType type) {
  switch (type) {
    case ColumnType::kInteger:
      return ASSAY_PARQUET_INTEGER;
    case ColumnType::kNumber:
      return ASSAY_PARQUET_NUMBER;
    case ColumnType::kBoolean:
      return ASSAY_PARQUET_BOOLEAN;
    case ColumnType::kText:
    case ColumnType::kList:
      break;
  }
  return ASSAY_PARQUET_TEXT;
}

std::vector<AssayParquetColumn> ToColumns(const std::vector<TableColumn>& columns) {
  std::vector<AssayParquetColumn> converted;
  for (const TableColumn& column : columns) {
    converted.push_back({ToText(column.name), KindOf(column.type)});
  }
  return converted;
}

double ToNumber(const ExchangeJson& value) {
  if (value.is_number()) return value.get<double>();
  const bool is_negative = value.is_string() && value.get_ref<const std::string&>() == "-Infinity";
  return is_negative ? -std::numeric_limits<double>::infinity()
                     : std::numeric_limits<double>::infinity();
}

class ParquetTableWriter : public TableWriter {
 public:
  ParquetTableWriter(AssayParquetWriter* writer, std::string path, std::vector<TableColumn> columns)
      : writer_(writer), path_(std::move(path)), columns_(std::move(columns)) {}
  ~ParquetTableWriter() override {
    if (writer_ != nullptr) assay_parquet_abandon(writer_);
  }

  absl::Status Add(const TableRow& row) override {
    std::vector<AssayParquetCell> cells(columns_.size());
    std::vector<std::string> texts(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      AssayParquetCell& cell = cells[i];
      cell.kind = row[i].is_null() ? uint8_t{ASSAY_PARQUET_NULL} : KindOf(columns_[i].type);
      if (row[i].is_null()) continue;
      switch (columns_[i].type) {
        case ColumnType::kInteger:
          cell.integer = row[i].get<int64_t>();
          break;
        case ColumnType::kNumber:
          cell.number = ToNumber(row[i]);
          break;
        case ColumnType::kBoolean:
          cell.boolean = row[i].get<bool>();
          break;
        case ColumnType::kText:
          texts[i] = row[i].get<std::string>();
          cell.text = ToText(texts[i]);
          break;
        case ColumnType::kList:
          texts[i] = row[i].dump(-1, ' ', false, ExchangeJson::error_handler_t::replace);
          cell.text = ToText(texts[i]);
          break;
      }
    }
    ErrorText error;
    if (assay_parquet_add(writer_, cells.data(), cells.size(), error.data())) {
      return absl::OkStatus();
    }
    return Failed(error);
  }

  absl::Status Finish() override {
    ErrorText error;
    return assay_parquet_finish(std::exchange(writer_, nullptr), error.data()) ? absl::OkStatus()
                                                                               : Failed(error);
  }

 private:
  absl::Status Failed(const ErrorText& error) const {
    return absl::UnknownError(absl::StrCat(path_, ": ", error.data()));
  }

  AssayParquetWriter* writer_;
  const std::string path_;
  const std::vector<TableColumn> columns_;
};

class ParquetTableReader : public TableReader {
 public:
  ParquetTableReader(AssayParquetReader* reader, std::string path, std::vector<TableColumn> columns)
      : reader_(reader), path_(std::move(path)), columns_(std::move(columns)) {}
  ~ParquetTableReader() override { assay_parquet_close(reader_); }

  absl::StatusOr<bool> Next(TableRow* row) override {
    ErrorText error;
    std::vector<AssayParquetCell> cells(columns_.size());
    ++row_;
    const int found = assay_parquet_next(reader_, cells.data(), cells.size(), error.data());
    if (found < 0) return absl::InvalidArgumentError(absl::StrCat(Place(), ": ", error.data()));
    if (found == 0) return false;
    row->assign(columns_.size(), nullptr);
    for (size_t i = 0; i < columns_.size(); ++i) {
      const absl::Status status = Read(cells[i], columns_[i], &(*row)[i]);
      if (!status.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(Place(), ": column ", columns_[i].name, ": ", status.message()));
      }
    }
    return true;
  }
  std::string Place() const override { return absl::StrCat(path_, ": row ", row_); }

 private:
  static absl::Status Read(const AssayParquetCell& cell, const TableColumn& column,
                           ExchangeJson* value) {
    if (cell.kind == ASSAY_PARQUET_NULL) return absl::OkStatus();
    switch (column.type) {
      case ColumnType::kInteger:
        *value = cell.integer;
        return absl::OkStatus();
      case ColumnType::kBoolean:
        *value = cell.boolean;
        return absl::OkStatus();
      case ColumnType::kNumber:
        if (std::isnan(cell.number)) return absl::InvalidArgumentError("is not a number");
        if (std::isinf(cell.number)) {
          *value = cell.number > 0 ? "Infinity" : "-Infinity";
        } else {
          *value = cell.number;
        }
        return absl::OkStatus();
      case ColumnType::kText:
      case ColumnType::kList:
        break;
    }
    std::string text(cell.text.size == 0 ? "" : cell.text.data, cell.text.size);
    if (FindInvalidUtf8(text) != absl::string_view::npos) {
      return absl::InvalidArgumentError("is not UTF-8");
    }
    if (column.type == ColumnType::kText) {
      *value = std::move(text);
      return absl::OkStatus();
    }
    *value = ParseJson(text);
    return value->is_discarded() ? absl::InvalidArgumentError("is no JSON") : absl::OkStatus();
  }

  AssayParquetReader* const reader_;
  const std::string path_;
  const std::vector<TableColumn> columns_;
  int64_t row_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TableWriter>> CreateParquetTable(const std::string& path,
                                                                std::vector<TableColumn> columns) {
  ErrorText error;
  const std::vector<AssayParquetColumn> converted = ToColumns(columns);
  AssayParquetWriter* writer =
      assay_parquet_create(ToText(path), converted.data(), converted.size(), error.data());
  if (writer == nullptr) return absl::AlreadyExistsError(absl::StrCat(path, ": ", error.data()));
  return std::make_unique<ParquetTableWriter>(writer, path, std::move(columns));
}

absl::StatusOr<std::unique_ptr<TableReader>> OpenParquetTable(const std::string& path,
                                                              std::vector<TableColumn> columns) {
  ErrorText error;
  const std::vector<AssayParquetColumn> converted = ToColumns(columns);
  AssayParquetReader* reader =
      assay_parquet_open(ToText(path), converted.data(), converted.size(), error.data());
  if (reader == nullptr) return absl::InvalidArgumentError(absl::StrCat(path, ": ", error.data()));
  return std::make_unique<ParquetTableReader>(reader, path, std::move(columns));
}

}  // namespace assay
