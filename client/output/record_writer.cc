#include "client/output/record_writer.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/output/text.h"
#include "common/domain/names.h"

namespace assay {
namespace {

std::string PlainText(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get_ref<const std::string&>();
  return DumpJson(value);
}

class JsonWriter : public RecordWriter {
 public:
  JsonWriter(std::string name, std::vector<Column> columns, std::ostream* out)
      : columns_(std::move(columns)), out_(out) {
    *out_ << "{" << DumpJson(Json(name)) << ": [";
  }
  void Add(std::vector<Cell> cells) override {
    Json record = Json::object();
    for (size_t i = 0; i < columns_.size(); ++i)
      record[columns_[i].key] = std::move(cells[i].value);
    *out_ << (first_ ? "\n  " : ",\n  ") << DumpJson(record);
    first_ = false;
  }
  void Finish() override { *out_ << (first_ ? "]}\n" : "\n]}\n") << std::flush; }

 private:
  std::vector<Column> columns_;
  std::ostream* out_;
  bool first_ = true;
};

class CsvWriter : public RecordWriter {
 public:
  CsvWriter(const std::vector<Column>& columns, std::ostream* out) : out_(out) {
    *out_ << absl::StrJoin(columns, ",", [](std::string* line, const Column& column) {
      absl::StrAppend(line, CsvField(column.key));
    }) << "\r\n";
  }
  void Add(std::vector<Cell> cells) override {
    *out_ << absl::StrJoin(cells, ",", [](std::string* line, const Cell& cell) {
      absl::StrAppend(line, CsvField(PlainText(cell.value)));
    }) << "\r\n";
  }
  void Finish() override { *out_ << std::flush; }

 private:
  std::ostream* out_;
};

class TableWriter : public RecordWriter {
 public:
  TableWriter(std::vector<Column> columns, std::ostream* out, bool colour)
      : columns_(std::move(columns)), out_(out), colour_(colour) {
    std::vector<Cell> header;
    for (const Column& column : columns_) header.emplace_back(Json(), column.title, Tone::kDim);
    Add(std::move(header));
  }

  void Add(std::vector<Cell> cells) override {
    for (size_t i = 0; i < cells.size(); ++i) {
      Cell& cell = cells[i];
      if (!cell.text.empty()) {
        cell.text = EscapeLine(cell.text);
      } else if (cell.value.is_boolean()) {
        cell.text = cell.value.get<bool>() ? "yes" : "no";
      } else if (!cell.value.is_null()) {
        cell.text = EscapeLine(PlainText(cell.value));
      }
      if (columns_[i].width > 0) cell.text = Ellipsize(cell.text, columns_[i].width);
    }
    rows_.push_back(std::move(cells));
  }

  void Finish() override {
    std::vector<size_t> shown;
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].title.empty()) shown.push_back(i);
    }
    std::vector<int> widths(columns_.size());
    for (const std::vector<Cell>& row : rows_) {
      for (const size_t i : shown) widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
    for (const std::vector<Cell>& row : rows_) {
      std::string line;
      for (const size_t i : shown) {
        const std::string padding(widths[i] - DisplayWidth(row[i].text), ' ');
        const std::string text = Toned(row[i].text, row[i].tone, colour_);
        if (i != shown.front()) line += "  ";
        if (columns_[i].align == Align::kRight) {
          absl::StrAppend(&line, padding, text);
        } else {
          absl::StrAppend(&line, text, i == shown.back() ? "" : padding);
        }
      }
      *out_ << line << "\n";
    }
    *out_ << std::flush;
  }

 private:
  std::vector<Column> columns_;
  std::ostream* out_;
  bool colour_;
  std::vector<std::vector<Cell>> rows_;  // the header first
};

}  // namespace

absl::StatusOr<OutputFormat> ParseOutputFormat(absl::string_view name) {
  static constexpr std::array<absl::string_view, 3> kNames = {"table", "json", "csv"};
  return ParseName<OutputFormat>("format", name, kNames);
}

std::string DumpJson(const Json& value, bool indented) {
  return value.dump(indented ? 2 : -1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

std::unique_ptr<RecordWriter> RecordWriter::Create(OutputFormat format, std::string name,
                                                   std::vector<Column> columns,
                                                   const Console& console) {
  switch (format) {
    case OutputFormat::kJson:
      return std::make_unique<JsonWriter>(std::move(name), std::move(columns), console.out);
    case OutputFormat::kCsv:
      return std::make_unique<CsvWriter>(columns, console.out);
    case OutputFormat::kTable:
      break;
  }
  return std::make_unique<TableWriter>(std::move(columns), console.out, console.out_colour);
}

std::string CsvField(absl::string_view text) {
  if (text.find_first_of(",\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

}  // namespace assay
