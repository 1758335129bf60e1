#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/exchange/json_text.h"
#include "client/exchange/tables.h"
#include "client/exchange/text_file.h"
#include "common/base/status_macros.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

class JsonTableWriter : public TableWriter {
 public:
  JsonTableWriter(std::unique_ptr<TextFileWriter> file, std::vector<TableColumn> columns)
      : file_(std::move(file)), columns_(std::move(columns)) {}

  absl::Status Add(const TableRow& row) override {
    ExchangeJson object = ExchangeJson::object();
    for (size_t i = 0; i < columns_.size(); ++i) object[columns_[i].name] = row[i];
    return file_->Write(
        object.dump(-1, ' ', false, ExchangeJson::error_handler_t::replace).append("\n"));
  }
  absl::Status Finish() override { return file_->Finish(); }

 private:
  const std::unique_ptr<TextFileWriter> file_;
  const std::vector<TableColumn> columns_;
};

class JsonTableReader : public TableReader {
 public:
  JsonTableReader(std::unique_ptr<TextFileReader> file, std::vector<TableColumn> columns)
      : file_(std::move(file)) {
    for (size_t i = 0; i < columns.size(); ++i) places_[columns[i].name] = i;
  }

  absl::StatusOr<bool> Next(TableRow* row) override {
    std::string line;
    ASSAY_ASSIGN_OR_RETURN(const bool is_there, file_->Line(&line));
    if (!is_there) return false;
    ExchangeJson object = ParseJson(line);
    if (!object.is_object()) {
      return file_->Error(file_->line() - 1, "is not a whole JSON object (is the file cut short?)");
    }
    row->assign(places_.size(), nullptr);
    size_t found = 0;
    for (auto& [name, value] : object.items()) {
      const auto place = places_.find(name);
      if (place == places_.end()) {
        return file_->Error(file_->line() - 1, absl::StrCat("unknown key ", Excerpt(name)));
      }
      (*row)[place->second] = std::move(value);
      ++found;
    }
    if (found < places_.size()) {
      for (const auto& [name, place] : places_) {
        if (!object.contains(name)) {
          return file_->Error(file_->line() - 1, absl::StrCat("has no key \"", name, "\""));
        }
      }
    }
    return true;
  }
  std::string Place() const override { return absl::StrCat(file_->path(), ":", file_->line() - 1); }

 private:
  const std::unique_ptr<TextFileReader> file_;
  std::map<std::string, size_t> places_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<TableWriter>> CreateJsonTable(const std::string& path,
                                                             std::vector<TableColumn> columns) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<TextFileWriter> file, TextFileWriter::Create(path));
  return std::make_unique<JsonTableWriter>(std::move(file), std::move(columns));
}

absl::StatusOr<std::unique_ptr<TableReader>> OpenJsonTable(const std::string& path,
                                                           std::vector<TableColumn> columns) {
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<TextFileReader> file, TextFileReader::Open(path));
  return std::make_unique<JsonTableReader>(std::move(file), std::move(columns));
}

}  // namespace assay
