#include "common/benchmark/mmlu_file.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/benchmark/csv.h"
#include "common/benchmark/pandas_reading.h"
#include "common/benchmark/python_text.h"
#include "common/benchmark/utf8.h"

namespace assay {
namespace {

constexpr std::array<const char*, 5> kTextColumns = {"question", "A", "B", "C", "D"};
constexpr size_t kColumns = kTextColumns.size() + 1;

absl::Status CheckRow(const SourceFile& file, const CsvRow& row) {
  const std::string where = absl::StrCat(file.path, ":", row.line, ": ");
  if (row.cells.size() != kColumns) {
    return absl::InvalidArgumentError(absl::StrCat(where, row.cells.size(),
                                                   " columns where there must be ", kColumns,
                                                   ": question, A, B, C, D, letter"));
  }
  if (PythonStrip(row.cells.front()).empty()) {
    return absl::InvalidArgumentError(absl::StrCat(where, "the question is empty"));
  }
  const std::string& letter = row.cells.back();
  if (letter.size() != 1 || letter[0] < 'A' || letter[0] > 'D') {
    return absl::InvalidArgumentError(
        absl::StrCat(where, "the answer is ", Excerpt(letter), " where it must be A, B, C or D"));
  }
  return absl::OkStatus();
}

// The texts of one column in pandas' reading, which depends on all of the column.
std::vector<std::string> PandasColumn(const std::vector<CsvRow>& rows, size_t column) {
  std::vector<std::string> cells;
  for (const CsvRow& row : rows) cells.push_back(row.cells[column]);
  return ReadColumnAsPandas(cells);
}

}  // namespace

absl::Status AppendMmluFile(const SourceFile& file, absl::string_view subject,
                            absl::string_view split, std::vector<Item>* items) {
  ASSAY_RETURN_IF_ERROR(CheckText(file.path, file.content));
  ASSAY_ASSIGN_OR_RETURN(std::vector<CsvRow> rows, ParseCsv(file.path, file.content));
  if (rows.empty())
    return absl::InvalidArgumentError(absl::StrCat(file.path, ": the file has no rows"));
  for (const CsvRow& row : rows) ASSAY_RETURN_IF_ERROR(CheckRow(file, row));

  const std::string id_prefix = absl::StrCat("mmlu/", subject, split == "dev" ? "/dev/" : "/");
  const size_t first = items->size();
  for (size_t i = 0; i < rows.size(); ++i) {
    Item item;
    item.id = absl::StrCat(id_prefix, i);
    item.group = std::string(subject);
    item.split = std::string(split);
    item.ordinal = static_cast<int64_t>(first + i);
    item.choices = {"A", "B", "C", "D"};
    item.target = rows[i].cells.back();
    items->push_back(std::move(item));
  }
  for (size_t column = 0; column < kTextColumns.size(); ++column) {
    const std::string name = kTextColumns[column];
    std::vector<std::string> readings = PandasColumn(rows, column);
    for (size_t i = 0; i < rows.size(); ++i) {
      std::string& cell = rows[i].cells[column];
      std::map<std::string, std::string>& fields = (*items)[first + i].fields;
      if (readings[i] != cell) fields[name + kPandasSuffix] = std::move(readings[i]);
      fields[name] = std::move(cell);
    }
  }
  return absl::OkStatus();
}

}  // namespace assay
