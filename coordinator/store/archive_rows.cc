#include "coordinator/store/archive_rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/store/encoding.h"

namespace assay {
namespace {

constexpr int kRowsAtOnce = 200;
constexpr char kHex[] = "\\x";

struct Table {
  const char* name;
  bool of_run;        // its rows are read run by run, which a partitioned table does by its index
  const char* order;  // of a run's, or the job's
};
constexpr Table kTables[] = {
    {"jobs", false, "job_id"},
    {"runs", false, "run_id"},
    {"judge_orders", false, "job_id"},
    {"shards", true, "shard_id"},
    {"run_groups", true, "group_name COLLATE \"C\""},
    {"run_clusters", true, "cluster"},
    {"measured_work", true, "worker_kind COLLATE \"C\""},
    {"predictions", true, "item_ordinal, sample_index"},
    {"scores", true, "item_ordinal, sample_index, grader COLLATE \"C\""},
};

constexpr char kColumns[] =
    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
    "WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' "
    "ORDER BY attnum";
// So that a value is always the same text.
constexpr char kTextForms[] =
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1; "
    "SET LOCAL bytea_output = 'hex'; SET LOCAL idle_in_transaction_session_timeout = '10min'";

constexpr char kForgetJudges[] =
    "UPDATE judge_orders SET judge_job = NULL, error = $2 WHERE judge_job = $1";
constexpr char kRelinkJudges[] =
    "UPDATE judge_orders SET judge_job = $1, error = NULL "
    "WHERE judge_job IS NULL AND error = $2";

std::string ForgottenJudges(int64_t job_id) {
  return absl::StrCat("the judges' job ", job_id, " was deleted");
}

struct Columns {
  std::vector<ArchiveColumn> columns;
  std::vector<std::string> types;  // PostgreSQL's names
};
constexpr char kBytesType[] = "bytea";

Columns ColumnsOf(pqxx::work& tx, const std::string& table) {
  Columns found;
  for (const auto& row : tx.exec_params(kColumns, table)) {
    const std::string type = row[1].c_str();
    const bool is_integer = type == "bigint" || type == "integer" || type == "smallint";
    found.columns.push_back({row[0].c_str(), is_integer          ? ArchiveColumn::Kind::kInteger
                                             : type == "boolean" ? ArchiveColumn::Kind::kBoolean
                                                                 : ArchiveColumn::Kind::kText});
    found.types.push_back(type);
  }
  return found;
}

std::string SelectList(pqxx::work& tx, const Columns& columns) {
  return absl::StrJoin(columns.columns, ", ",
                       [&tx](std::string* list, const ArchiveColumn& column) {
                         absl::StrAppend(list, tx.quote_name(column.name), "::text");
                       });
}

std::string ReadableBytes(const char* hex) {
  std::string bytes = DecodeBytes(hex);
  return IsValidUtf8(bytes) && !absl::StartsWith(bytes, kHex) ? bytes : std::string(hex);
}

absl::Status ReadRows(pqxx::work& tx, const Table& table, const Columns& columns,
                      const std::string& where, const TakeArchiveRows& take) {
  tx.exec(absl::StrCat("DECLARE archive NO SCROLL CURSOR FOR SELECT ", SelectList(tx, columns),
                       " FROM ", table.name, " WHERE ", where, " ORDER BY ", table.order));
  const std::string fetch = absl::StrCat("FETCH ", kRowsAtOnce, " FROM archive");
  while (true) {
    const pqxx::result result = tx.exec(fetch);
    if (result.empty()) break;
    ArchiveRows part{table.name, columns.columns, {}};
    for (const auto& row : result) {
      std::vector<RowValue>& values = part.rows.emplace_back();
      for (size_t i = 0; i < columns.columns.size(); ++i) {
        const pqxx::field field = row[static_cast<int>(i)];
        if (field.is_null()) {
          values.emplace_back();
        } else {
          values.emplace_back(columns.types[i] == kBytesType ? ReadableBytes(field.c_str())
                                                             : std::string(field.c_str()));
        }
      }
    }
    if (absl::Status status = take(part); !status.ok()) return status;
  }
  tx.exec("CLOSE archive");
  return absl::OkStatus();
}

// Of PostgreSQL's text form of an array, with the comma behind it.
void AppendElement(const RowValue& value, bool is_bytes, std::string& array) {
  if (!value.has_value()) {
    absl::StrAppend(&array, "NULL,");
    return;
  }
  array.push_back('"');
  const std::string text =
      is_bytes && !absl::StartsWith(*value, kHex) ? EncodeBytes(*value) : *value;
  for (const char c : text) {
    if (c == '"' || c == '\\') array.push_back('\\');
    array.push_back(c);
  }
  absl::StrAppend(&array, "\",");
}

std::vector<int64_t> RunsOf(pqxx::work& tx, int64_t job_id) {
  std::vector<int64_t> runs;
  for (const auto& row :
       tx.exec_params("SELECT run_id FROM runs WHERE job_id = $1 ORDER BY run_id", job_id)) {
    runs.push_back(row[0].as<int64_t>());
  }
  return runs;
}

std::string Where(const Table& table, int64_t job_id, absl::Span<const int64_t> runs) {
  return table.of_run ? absl::StrCat("run_id = ANY('{", absl::StrJoin(runs, ","), "}'::bigint[])")
                      : absl::StrCat("job_id = ", job_id);
}

}  // namespace

std::vector<std::string> ArchiveTables() {
  std::vector<std::string> names;
  for (const Table& table : kTables) names.emplace_back(table.name);
  return names;
}

std::vector<TableRowCount> CountArchiveRows(pqxx::work& tx, int64_t job_id) {
  const std::vector<int64_t> runs = RunsOf(tx, job_id);
  std::vector<TableRowCount> counts;
  for (const Table& table : kTables) {
    const pqxx::row row = tx.exec1(
        absl::StrCat("SELECT count(*) FROM ", table.name, " WHERE ", Where(table, job_id, runs)));
    counts.push_back({table.name, row[0].as<int64_t>()});
  }
  return counts;
}

absl::Status ReadArchiveRows(pqxx::work& tx, int64_t job_id, const TakeArchiveRows& take) {
  tx.exec(kTextForms);
  const std::vector<int64_t> runs = RunsOf(tx, job_id);
  for (const Table& table : kTables) {
    const Columns columns = ColumnsOf(tx, table.name);
    if (absl::Status status = take({table.name, columns.columns, {}}); !status.ok()) return status;
    if (!table.of_run) {
      absl::Status status = ReadRows(tx, table, columns, Where(table, job_id, runs), take);
      if (!status.ok()) return status;
      continue;
    }
    for (const int64_t run : runs) {
      absl::Status status = ReadRows(tx, table, columns, absl::StrCat("run_id = ", run), take);
      if (!status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

void DeleteArchiveRows(pqxx::work& tx, int64_t job_id) {
  const std::vector<int64_t> runs = RunsOf(tx, job_id);
  tx.exec_params(kForgetJudges, job_id, ForgottenJudges(job_id));
  for (auto table = std::rbegin(kTables); table != std::rend(kTables); ++table) {
    tx.exec(absl::StrCat("DELETE FROM ", table->name, " WHERE ", Where(*table, job_id, runs)));
  }
}

absl::Status ArchiveRowWriter::Write(const ArchiveRows& rows) {
  const auto refuse = [&rows](absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat("archive: table ", rows.table, ": ", why));
  };
  const auto* const table =
      std::find_if(std::begin(kTables), std::end(kTables),
                   [&rows](const Table& known) { return known.name == rows.table; });
  if (table == std::end(kTables)) return refuse("is not one of a job");
  const auto place = static_cast<size_t>(table - std::begin(kTables));
  if (place < table_) return refuse("comes after one that refers to it");
  table_ = place;
  if (rows.rows.empty()) return absl::OkStatus();
  const Columns known = ColumnsOf(*tx_, rows.table);
  std::vector<std::string> names, values, arrays;
  for (const ArchiveColumn& column : rows.columns) {
    const auto found =
        std::find_if(known.columns.begin(), known.columns.end(),
                     [&column](const ArchiveColumn& other) { return other.name == column.name; });
    if (found == known.columns.end()) {
      return refuse(absl::StrCat("this database has no column ", column.name));
    }
    const std::string& type = known.types[static_cast<size_t>(found - known.columns.begin())];
    const size_t place_of_column = names.size();
    names.push_back(tx_->quote_name(column.name));
    values.push_back(absl::StrCat("v", names.size(), "::", type));
    std::string array = "{";
    for (const std::vector<RowValue>& row : rows.rows) {
      if (row.size() != rows.columns.size()) return refuse("a row has another number of values");
      AppendElement(row[place_of_column], type == kBytesType, array);
    }
    array.back() = '}';
    arrays.push_back(std::move(array));
  }
  if (arrays.empty()) return refuse("its rows have no column");
  std::vector<std::string> parameters, aliases;
  for (size_t i = 1; i <= arrays.size(); ++i) {
    parameters.push_back(absl::StrCat("$", i, "::text[]"));
    aliases.push_back(absl::StrCat("v", i));
  }
  tx_->exec_params(absl::StrCat("INSERT INTO ", rows.table, " (", absl::StrJoin(names, ", "),
                                ") OVERRIDING SYSTEM VALUE SELECT ", absl::StrJoin(values, ", "),
                                " FROM unnest(", absl::StrJoin(parameters, ", "), ") AS u (",
                                absl::StrJoin(aliases, ", "), ")"),
                   pqxx::prepare::make_dynamic_params(arrays));
  return absl::OkStatus();
}

void RelinkJudgeOrders(pqxx::work& tx, int64_t job_id) {
  tx.exec_params(kRelinkJudges, job_id, ForgottenJudges(job_id));
}

}  // namespace assay
