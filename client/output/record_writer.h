// Records of equal columns, written as an aligned table, as one JSON document or as CSV (RFC 4180).
//
//   auto writer = RecordWriter::Create(format, "jobs", {{"job_id", "job", Align::kRight}, {"state",
//   "state"}}, console); writer->Add({7, "running"}); writer->Finish();
//
// prints a table with the titles, or {"jobs": [{"job_id": 7, "state": "running"}]}, or CSV with the
// keys as header.
#ifndef ASSAY_CLIENT_OUTPUT_RECORD_WRITER_H_
#define ASSAY_CLIENT_OUTPUT_RECORD_WRITER_H_

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/output/console.h"
#include "nlohmann/json.hpp"

namespace assay {

enum class OutputFormat { kTable, kJson, kCsv };
absl::StatusOr<OutputFormat> ParseOutputFormat(absl::string_view name);  // "table", "json", "csv"

using Json = nlohmann::ordered_json;
// On one line, or indented by two; bytes that are not UTF-8 become U+FFFD.
std::string DumpJson(const Json& value, bool indented = false);

enum class Align { kLeft, kRight };

struct Column {
  std::string key;    // stable, snake_case
  std::string title;  // empty: the column is not part of the table
  Align align = Align::kLeft;
  int width = 0;  // of the table: longer text is cut; 0: as wide as it takes
};

struct Cell {
  template <typename T, typename = std::enable_if_t<!std::is_same_v<std::decay_t<T>, Cell>>>
  Cell(T&& value) : value(std::forward<T>(value)) {}  // NOLINT(google-explicit-constructor)
  Cell(Json value, std::string text, Tone tone = Tone::kPlain)
      : value(std::move(value)), text(std::move(text)), tone(tone) {}

  Json value;        // for JSON and CSV
  std::string text;  // for the table; empty: made from `value`
  Tone tone = Tone::kPlain;
};

// CSV and JSON are written as records come, a table at the end. Not thread-safe.
class RecordWriter {
 public:
  // `console` must outlive the writer. `name` is the key of the JSON document's only member.
  static std::unique_ptr<RecordWriter> Create(OutputFormat format, std::string name,
                                              std::vector<Column> columns, const Console& console);
  virtual ~RecordWriter() = default;
  // A cell for each column, in order.
  virtual void Add(std::vector<Cell> cells) = 0;
  // Ends the output; once, after the last Add.
  virtual void Finish() = 0;
};

// A field as RFC 4180 wants it: quoted where it holds a comma, a quote or a line break.
std::string CsvField(absl::string_view text);

}  // namespace assay

#endif  // ASSAY_CLIENT_OUTPUT_RECORD_WRITER_H_
