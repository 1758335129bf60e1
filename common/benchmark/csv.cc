#include "common/benchmark/csv.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

class CsvParser {
 public:
  CsvParser(absl::string_view path, absl::string_view content) : path_(path), rest_(content) {
    absl::ConsumePrefix(&rest_, "\xEF\xBB\xBF");
  }

  absl::StatusOr<std::vector<CsvRow>> Parse() {
    std::vector<CsvRow> rows;
    while (SkipBlankLines(), !rest_.empty()) {
      ASSAY_ASSIGN_OR_RETURN(CsvRow row, ParseRow());
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  // Takes "\n", "\r\n" or "\r" off the front.
  bool ConsumeLineEnd() {
    if (!absl::ConsumePrefix(&rest_, "\r\n") && !absl::ConsumePrefix(&rest_, "\n") &&
        !absl::ConsumePrefix(&rest_, "\r")) {
      return false;
    }
    ++line_;
    return true;
  }

  void SkipBlankLines() {
    while (true) {
      const size_t text = rest_.find_first_not_of(" \t");
      if (text == absl::string_view::npos) {
        rest_ = {};
        return;
      }
      if (rest_[text] != '\n' && rest_[text] != '\r') return;
      rest_.remove_prefix(text);
      ConsumeLineEnd();
    }
  }

  absl::StatusOr<CsvRow> ParseRow() {
    CsvRow row;
    row.line = line_;
    do {
      ASSAY_ASSIGN_OR_RETURN(std::string cell, ParseCell());
      row.cells.push_back(std::move(cell));
    } while (absl::ConsumePrefix(&rest_, ","));
    ConsumeLineEnd();
    return row;
  }

  // Stops at the comma, line end or end of file behind the cell.
  absl::StatusOr<std::string> ParseCell() {
    std::string cell;
    if (absl::ConsumePrefix(&rest_, "\"")) ASSAY_RETURN_IF_ERROR(ParseQuoted(&cell));
    const absl::string_view plain = rest_.substr(0, rest_.find_first_of(",\r\n"));
    absl::StrAppend(&cell, plain);
    rest_.remove_prefix(plain.size());
    return cell;
  }

  // From behind the opening quote to behind the closing one.
  absl::Status ParseQuoted(std::string* cell) {
    const int64_t opened = line_;
    while (!rest_.empty()) {
      const absl::string_view start = rest_;
      if (absl::ConsumePrefix(&rest_, "\"\"")) {
        cell->push_back('"');
      } else if (absl::ConsumePrefix(&rest_, "\"")) {
        return absl::OkStatus();
      } else {
        if (!ConsumeLineEnd()) rest_.remove_prefix(1);
        cell->append(start.data(), start.size() - rest_.size());
      }
    }
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ":", opened, ": the quote that opens here is never closed"));
  }

  const absl::string_view path_;
  absl::string_view rest_;
  int64_t line_ = 1;
};

}  // namespace

absl::StatusOr<std::vector<CsvRow>> ParseCsv(absl::string_view path, absl::string_view content) {
  return CsvParser(path, content).Parse();
}

}  // namespace assay
