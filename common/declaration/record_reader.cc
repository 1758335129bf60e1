#include "common/declaration/record_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/benchmark/csv.h"
#include "common/benchmark/data_text.h"
#include "common/benchmark/json_records.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

using Take = absl::FunctionRef<void(const DataRecord& record)>;
using Type = JsonNode::Type;

// Ends the reading of a file; never shown.
absl::Status Enough() { return absl::CancelledError("enough problems"); }

absl::Status ReadCsv(const SourceFile& file, const DataDeclaration& data,
                     absl::Span<const std::string> columns, Take take, DataProblems* problems) {
  ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadDataText(file));
  ASSAY_RETURN_IF_ERROR(CheckText(file.path, text));
  ASSAY_ASSIGN_OR_RETURN(std::vector<CsvRow> rows, ParseCsv(file.path, text));
  const bool has_header = data.columns.empty();
  if (has_header && rows.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(file.path, ": the file has no header line"));
  }
  const std::vector<std::string> names = has_header ? rows.front().cells : data.columns;
  std::vector<size_t> places;
  bool is_complete = true;
  for (const std::string& column : columns) {
    const auto count = std::count(names.begin(), names.end(), column);
    if (count != 1) {
      problems->Add(file.path, has_header ? rows.front().line : 1,
                    count == 0 ? absl::StrCat("there is no column ", Excerpt(column),
                                              Suggestion(column, names))
                               : absl::StrCat("the column ", Excerpt(column), " is there twice"));
      is_complete = false;
    }
    places.push_back(std::find(names.begin(), names.end(), column) - names.begin());
  }
  if (!is_complete) return absl::OkStatus();
  for (size_t i = has_header ? 1 : 0; i < rows.size(); ++i) {
    CsvRow& row = rows[i];
    if (row.cells.size() != names.size()) {
      problems->Add(file.path, row.line,
                    absl::StrCat(row.cells.size(), " columns where there must be ", names.size()));
      if (problems->full()) return Enough();
      continue;
    }
    DataRecord record;
    record.line = row.line;
    for (size_t c = 0; c < columns.size(); ++c) {
      record.values[columns[c]].text = row.cells[places[c]];
    }
    take(record);
    if (problems->full()) return Enough();
  }
  return absl::OkStatus();
}

// The value at a column's name: a member of that name, or, for "a.b", the member b of the member a.
const JsonNode* FindColumn(const JsonNode& record, const std::string& column) {
  if (const JsonNode* whole = record.Find(column); whole != nullptr) return whole;
  const JsonNode* node = &record;
  for (const absl::string_view part : absl::StrSplit(column, '.')) {
    node = node->Find(part);
    if (node == nullptr) return nullptr;
  }
  return node;
}

std::optional<std::string> ScalarText(const JsonNode& node) {
  if (node.type != Type::kText && node.type != Type::kNumber && node.type != Type::kBoolean) {
    return std::nullopt;
  }
  return node.text;
}

// Empty where the value is no text and no list of texts.
std::optional<DataValue> ToValue(const JsonNode& node) {
  DataValue value;
  if (std::optional<std::string> text = ScalarText(node)) {
    value.text = *std::move(text);
    return value;
  }
  if (node.type != Type::kArray) return std::nullopt;
  value.is_list = true;
  for (const JsonNode& item : node.items) {
    std::optional<std::string> text = ScalarText(item);
    if (!text.has_value()) return std::nullopt;
    value.texts.push_back(*std::move(text));
  }
  return value;
}

absl::Status TakeJson(absl::string_view path, const JsonNode& node,
                      absl::Span<const std::string> columns, Take take, DataProblems* problems) {
  if (node.type != Type::kObject) {
    problems->Add(path, node.line,
                  absl::StrCat("the record is ", JsonTypeName(node.type), " where it must be ",
                               JsonTypeName(Type::kObject)));
    return problems->full() ? Enough() : absl::OkStatus();
  }
  DataRecord record;
  record.line = node.line;
  bool is_readable = true;
  for (const std::string& column : columns) {
    const JsonNode* const found = FindColumn(node, column);
    if (found == nullptr || found->type == Type::kNull) continue;
    std::optional<DataValue> value = ToValue(*found);
    if (value.has_value()) {
      record.values[column] = *std::move(value);
      continue;
    }
    problems->Add(path, found->line,
                  absl::StrCat(Excerpt(column), " is ", JsonTypeName(found->type),
                               found->type == Type::kArray ? " of other things than texts" : "",
                               " where it must be a text or a list of texts"));
    is_readable = false;
  }
  if (is_readable) take(record);
  return problems->full() ? Enough() : absl::OkStatus();
}

absl::Status ReadRecords(const SourceFile& file, const DataDeclaration& data,
                         absl::Span<const std::string> columns, Take take, DataProblems* problems) {
  const auto take_json = [&](const JsonRecord& record) {
    return TakeJson(file.path, record.value, columns, take, problems);
  };
  switch (data.format) {
    case DataFormat::kCsv:
      return ReadCsv(file, data, columns, take, problems);
    case DataFormat::kJson: {
      ASSAY_ASSIGN_OR_RETURN(const std::string text, ReadDataText(file));
      return ForEachJsonRecord(
          file.path, text, data.records.empty() ? JsonRecords::kElements : JsonRecords::kExamples,
          take_json, 1, data.records);
    }
    case DataFormat::kJsonLines:
      return ForEachLine(file, {}, [&](int64_t line, absl::string_view text) {
        return ForEachJsonRecord(file.path, text, JsonRecords::kWhole, take_json, line);
      });
  }
  return absl::OkStatus();
}

}  // namespace

void DataProblems::Add(absl::string_view path, int64_t line, absl::string_view message) {
  Add(absl::StrCat(path, ":", line, ": ", message));
}

void DataProblems::Add(std::string message) {
  if (!full()) messages_.push_back(std::move(message));
}

void ForEachRecord(const SourceFile& file, const DataDeclaration& data,
                   absl::Span<const std::string> columns, Take take, DataProblems* problems) {
  const absl::Status status = ReadRecords(file, data, columns, take, problems);
  if (!status.ok() && !absl::IsCancelled(status)) problems->Add(std::string(status.message()));
}

}  // namespace assay
