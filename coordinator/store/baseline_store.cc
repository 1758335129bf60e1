#include "coordinator/store/baseline_store.h"

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/events.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

using Json = nlohmann::json;

constexpr char kInsert[] =
    "INSERT INTO baselines (name, source, kind, file, sha256) VALUES ($1, $2, $3, $4, $5) "
    "ON CONFLICT (name) DO NOTHING RETURNING baseline_id";
constexpr char kSame[] =
    "SELECT source = $2 AND kind = $3 AND sha256 = $4, sha256 FROM baselines WHERE name = $1";
constexpr char kSelect[] =
    "SELECT baseline_id, name, source, kind, file, sha256, extract(epoch FROM imported) "
    "FROM baselines ORDER BY name COLLATE \"C\"";
constexpr char kSelectRows[] =
    "SELECT baseline_id, line, model, source, foundation, parameters, scores "
    "FROM baseline_rows ORDER BY baseline_id, line";

absl::Status CheckStorable(const Baseline& baseline) {
  const auto check = [](absl::string_view text) {
    return IsValidUtf8(text) && text.find('\0') == absl::string_view::npos;
  };
  bool good = check(baseline.name) && check(baseline.source) && check(baseline.file);
  for (const BaselineRow& row : baseline.rows) {
    good = good && check(row.model) && check(row.source) && check(row.foundation);
    for (const auto& [column, score] : row.scores) good = good && check(column);
  }
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError("a baseline's text must be UTF-8 without NUL characters");
}

void CopyRows(pqxx::work& tx, int64_t id, const std::vector<BaselineRow>& rows) {
  const std::vector<std::string> columns = {"baseline_id", "line",       "model", "source",
                                            "foundation",  "parameters", "scores"};
  pqxx::stream_to stream(tx, "baseline_rows", columns);
  for (const BaselineRow& row : rows) {
    stream << std::make_tuple(id, row.line, row.model, row.source, row.foundation, row.parameters,
                              Json(row.scores).dump());
  }
  stream.complete();
}

absl::StatusOr<BaselineRow> ReadRow(const pqxx::row& fields) {
  BaselineRow row;
  row.line = fields[1].as<int64_t>();
  row.model = fields[2].c_str();
  row.source = fields[3].c_str();
  row.foundation = fields[4].c_str();
  row.parameters = fields[5].as<int64_t>();
  const Json scores = Json::parse(fields[6].c_str(), nullptr, /*allow_exceptions=*/false);
  if (!scores.is_object()) return absl::InternalError("baseline_rows: scores are not an object");
  for (const auto& [column, score] : scores.items()) {
    if (!score.is_number()) return absl::InternalError("baseline_rows: a score is not a number");
    row.scores[column] = score.get<double>();
  }
  return row;
}

}  // namespace

absl::StatusOr<bool> BaselineStore::Import(const Baseline& baseline) {
  ASSAY_RETURN_IF_ERROR(CheckStorable(baseline));
  const std::string kind(BaselineKindName(baseline.kind));
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<bool> {
    const pqxx::result inserted = tx.exec_params(kInsert, baseline.name, baseline.source, kind,
                                                 baseline.file, baseline.sha256);
    if (!inserted.empty()) {
      CopyRows(tx, inserted[0][0].as<int64_t>(), baseline.rows);
      RecordEvent(tx, {.kind = "baseline_imported",
                       .message = absl::StrCat(baseline.name, " is ", baseline.sha256)});
      return false;
    }
    const pqxx::row same =
        tx.exec_params1(kSame, baseline.name, baseline.source, kind, baseline.sha256);
    if (same[0].as<bool>()) return true;
    return absl::AlreadyExistsError(
        absl::StrCat("there is another baseline \"", baseline.name, "\" (sha256 ",
                     std::string(same[1].c_str()).substr(0, 12),
                     "): import this one under another name, or remove that one first"));
  });
}

absl::StatusOr<std::vector<Baseline>> BaselineStore::List(bool rows) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<Baseline>> {
    tx.exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    std::vector<Baseline> baselines;
    std::map<int64_t, size_t> places;
    for (const auto& row : tx.exec(kSelect)) {
      places[row[0].as<int64_t>()] = baselines.size();
      Baseline& baseline = baselines.emplace_back();
      baseline.name = row[1].c_str();
      baseline.source = row[2].c_str();
      ASSAY_ASSIGN_OR_RETURN(baseline.kind, ParseBaselineKind(row[3].c_str()));
      baseline.file = row[4].c_str();
      baseline.sha256 = row[5].c_str();
      baseline.imported = DecodeTime(row[6], absl::InfinitePast());
    }
    if (!rows) return baselines;
    for (const auto& fields : tx.exec(kSelectRows)) {
      ASSAY_ASSIGN_OR_RETURN(BaselineRow row, ReadRow(fields));
      baselines[places.at(fields[0].as<int64_t>())].rows.push_back(std::move(row));
    }
    return baselines;
  });
}

absl::Status BaselineStore::Remove(const std::string& name) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    if (!tx.exec_params("DELETE FROM baselines WHERE name = $1 RETURNING 1", name).empty()) {
      RecordEvent(tx, {.kind = "baseline_removed", .message = name});
      return absl::OkStatus();
    }
    std::vector<std::string> names;
    for (const auto& row : tx.exec("SELECT name FROM baselines ORDER BY name")) {
      names.push_back(row[0].c_str());
    }
    return absl::NotFoundError(
        absl::StrCat("there is no baseline \"", name, "\"; ",
                     names.empty() ? "there is none yet: assay baseline import FILE"
                                   : absl::StrCat("there are: ", absl::StrJoin(names, ", "))));
  });
}

}  // namespace assay
