#include "client/registry/baseline_file.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/sha256.h"
#include "common/base/status_macros.h"
#include "common/benchmark/csv.h"
#include "common/benchmark/utf8.h"
#include "common/leaderboard/columns.h"

namespace assay {
namespace {

constexpr absl::string_view kModel = "Model";
constexpr absl::string_view kFoundation = "Foundation";
constexpr double kLargestSize = 1e6;  // in billions of parameters

// "Parameters (B)" in one of the tables, "Parameters(B)" in another.
bool IsParameters(absl::string_view header) {
  return header == "Parameters (B)" || header == "Parameters(B)";
}

std::vector<std::string> HeadersOf(const CsvRow& row) {
  std::vector<std::string> headers;
  for (const std::string& cell : row.cells) {
    headers.emplace_back(absl::StripAsciiWhitespace(cell));
  }
  return headers;
}

// The table that has all the columns of the header, and no others.
const PublishedTable* FindTable(const std::vector<std::string>& headers) {
  for (const PublishedTable& table : PublishedTables()) {
    const auto is_known = [&](const std::string& header) {
      return header == kModel || header == kFoundation || IsParameters(header) ||
             std::any_of(table.columns.begin(), table.columns.end(),
                         [&](const PublishedColumn& column) { return column.header == header; });
    };
    const auto is_there = [&](const PublishedColumn& column) {
      return std::count(headers.begin(), headers.end(), column.header) == 1;
    };
    if (std::count(headers.begin(), headers.end(), kModel) == 1 &&
        std::all_of(headers.begin(), headers.end(), is_known) &&
        std::all_of(table.columns.begin(), table.columns.end(), is_there)) {
      return &table;
    }
  }
  return nullptr;
}

std::string KnownHeaders() {
  return absl::StrJoin(PublishedTables(), "; ", [](std::string* out, const PublishedTable& table) {
    absl::StrAppend(
        out, BaselineKindName(table.kind), ": Model, ",
        absl::StrJoin(table.columns, ", ", [](std::string* list, const PublishedColumn& column) {
          absl::StrAppend(list, column.header);
        }));
  });
}

// The Hugging Face id in a link's target; empty where it leads elsewhere. The published links are
// written by hand: some lack the host, one has it twice.
std::string SourceOf(absl::string_view url) {
  absl::ConsumePrefix(&url, "https://") || absl::ConsumePrefix(&url, "http://");
  absl::ConsumePrefix(&url, "huggingface.co/");
  absl::ConsumePrefix(&url, "http://");
  url = url.substr(0, url.find("/tree/"));
  absl::ConsumeSuffix(&url, "/");
  absl::ConsumePrefix(&url, "spaces/");
  const size_t slash = url.find('/');
  const absl::string_view owner = url.substr(0, slash);
  const bool is_id = slash != absl::string_view::npos && !owner.empty() &&
                     !absl::StrContains(owner, '.') &&
                     !absl::StrContains(url.substr(slash + 1), '/');
  return is_id ? std::string(url) : "";
}

// "[LLaMA](https://huggingface.co/decapoda-research/llama-65b-hf)", or the name alone.
void ReadModelCell(absl::string_view cell, BaselineRow* row) {
  const size_t middle = cell.find("](");
  if (!absl::StartsWith(cell, "[") || !absl::EndsWith(cell, ")") ||
      middle == absl::string_view::npos) {
    row->model = std::string(cell);
    return;
  }
  row->model = std::string(absl::StripAsciiWhitespace(cell.substr(1, middle - 1)));
  row->source = SourceOf(cell.substr(middle + 2, cell.size() - middle - 3));
}

class BaselineReader {
 public:
  BaselineReader(absl::string_view path, const CsvRow& header, const PublishedTable& table)
      : path_(path), headers_(HeadersOf(header)), table_(table) {
    for (const PublishedColumn& column : table.columns) keys_[column.header] = column.key;
  }

  // False for a row that is all empty.
  absl::StatusOr<bool> Read(const CsvRow& cells, BaselineRow* row) const {
    row->line = cells.line;
    const bool empty = std::all_of(cells.cells.begin(), cells.cells.end(), [](const auto& cell) {
      return absl::StripAsciiWhitespace(cell).empty();
    });
    if (empty) return false;
    if (cells.cells.size() != headers_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path_, ":", cells.line, ": ", cells.cells.size(),
                       " columns, and the header has ", headers_.size()));
    }
    for (size_t i = 0; i < headers_.size(); ++i) {
      const absl::string_view cell = absl::StripAsciiWhitespace(cells.cells[i]);
      if (const absl::Status status = ReadCell(headers_[i], cell, row); !status.ok()) {
        return absl::InvalidArgumentError(absl::StrCat(path_, ":", cells.line, ": column ", i + 1,
                                                       " (", headers_[i], "): ", status.message()));
      }
    }
    return true;
  }

 private:
  absl::Status ReadCell(const std::string& header, absl::string_view cell, BaselineRow* row) const {
    if (header == kModel) {
      ReadModelCell(cell, row);
      return row->model.empty() ? absl::InvalidArgumentError("a model must have a name")
                                : absl::OkStatus();
    }
    if (header == kFoundation) {
      row->foundation = std::string(cell);
      return absl::OkStatus();
    }
    if (cell.empty()) return absl::OkStatus();
    double number = 0;
    if (!absl::SimpleAtod(cell, &number) || !std::isfinite(number)) {
      return absl::InvalidArgumentError(absl::StrCat(Excerpt(cell), " is not a number"));
    }
    if (IsParameters(header)) {
      if (!(number > 0 && number < kLargestSize)) {
        return absl::InvalidArgumentError(
            absl::StrCat(cell, " is no number of parameters in billions"));
      }
      row->parameters = std::llround(number * 1000) * 1'000'000;
      return absl::OkStatus();
    }
    const double lowest = table_.is_rating ? 1 : 0;
    const double highest = table_.is_rating ? 5 : 100;
    if (!(number >= lowest && number <= highest)) {
      return absl::InvalidArgumentError(
          absl::StrCat(cell, " is not between ", lowest, " and ", highest));
    }
    row->scores[keys_.at(header)] = table_.is_rating ? number : number / 100;
    return absl::OkStatus();
  }

  const absl::string_view path_;
  const std::vector<std::string> headers_;
  const PublishedTable& table_;
  std::map<std::string, std::string> keys_;  // by header
};

}  // namespace

absl::StatusOr<Baseline> ReadBaseline(absl::string_view path, absl::string_view content) {
  ASSAY_RETURN_IF_ERROR(CheckText(path, content));
  ASSAY_ASSIGN_OR_RETURN(const std::vector<CsvRow> rows, ParseCsv(path, content));
  if (rows.empty()) return absl::InvalidArgumentError(absl::StrCat(path, ": the file is empty"));
  const PublishedTable* table = FindTable(HeadersOf(rows.front()));
  if (table == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ":", rows.front().line,
                     ": the header is that of none of the published tables; they are ",
                     KnownHeaders(), "; beside these there may be Foundation and Parameters (B)"));
  }
  Baseline baseline;
  baseline.kind = table->kind;
  baseline.file = std::string(path.substr(path.rfind('/') + 1));
  baseline.sha256 = Sha256Hex(content);
  const BaselineReader reader(path, rows.front(), *table);
  for (size_t i = 1; i < rows.size(); ++i) {
    BaselineRow row;
    ASSAY_ASSIGN_OR_RETURN(const bool is_row, reader.Read(rows[i], &row));
    if (is_row) baseline.rows.push_back(std::move(row));
  }
  if (baseline.rows.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": there is no row below the header"));
  }
  return baseline;
}

}  // namespace assay
