#include "client/commands/leaderboard_output.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/output/text.h"

namespace assay {
namespace {

constexpr char kPartialMark[] = "*";

Json OptionalJson(const std::optional<double>& value) { return value ? Json(*value) : Json(); }
Json CountJson(int64_t count) { return count == 0 ? Json() : Json(count); }

std::string Number(const LeaderboardColumn& column, double value) {
  return column.is_rating ? absl::StrFormat("%.2f", value) : absl::StrFormat("%.1f", value * 100);
}

std::string Signed(const LeaderboardColumn& column, double value) {
  return column.is_rating ? absl::StrFormat("%+.2f", value) : absl::StrFormat("%+.1f", value * 100);
}

// "62.6", with its interval and number of items where asked for; "62.6 (+0.4)" for a published
// score that ours is 0.4 points above.
std::string ScoreText(const LeaderboardColumn& column, const TableScore& score, bool intervals) {
  std::string text = Number(column, score.value);
  if (score.partial) absl::StrAppend(&text, kPartialMark);
  if (score.difference) absl::StrAppend(&text, " (", Signed(column, *score.difference), ")");
  if (intervals && score.low && score.high) {
    absl::StrAppend(&text, " [", Number(column, *score.low), "–", Number(column, *score.high), "; ",
                    GroupedDigits(score.items), "]");
  }
  return text;
}

Json ScoreJson(const TableScore& score) {
  Json json = {{"value", score.value}};
  if (score.difference) json["difference"] = *score.difference;
  if (!score.low) return json;  // published
  json["standard_error"] = OptionalJson(score.standard_error);
  json["low"] = OptionalJson(score.low);
  json["high"] = OptionalJson(score.high);
  json["items"] = score.items;
  json["errors"] = score.errors;
  json["run_id"] = CountJson(score.run_id);
  json["partial"] = score.partial;
  return json;
}

Json RowJson(const ShownLeaderboard& shown, const TableRow& row) {
  Json scores = Json::object();
  for (const LeaderboardColumn& column : shown.columns) {
    const auto score = row.scores.find(column.key);
    if (score != row.scores.end()) scores[column.key] = ScoreJson(score->second);
  }
  Json json = {{"model", row.model},
               {"baseline", row.baseline.empty() ? Json() : Json(row.baseline)},
               {"same_as", row.same_as.empty() ? Json() : Json(row.same_as)},
               {"family", row.facts.family},
               {"foundation", row.facts.foundation},
               {"parameters", CountJson(row.facts.parameters)},
               {"method", std::string(TrainingMethodName(row.facts.method))},
               {"tuning", std::string(TuningName(row.facts.tuning))},
               {"source", row.facts.source},
               {"scores", std::move(scores)}};
  if (const auto rank = shown.ranks.find(row.model);
      row.baseline.empty() && rank != shown.ranks.end()) {
    json["rank_best"] = rank->second.best;
    json["rank_worst"] = rank->second.worst;
  }
  return json;
}

void WriteJson(const ShownLeaderboard& shown, const Console& console) {
  Json columns = Json::array();
  for (const LeaderboardColumn& column : shown.columns) {
    columns.push_back({{"key", column.key},
                       {"title", column.title},
                       {"benchmark", column.benchmark.empty() ? Json() : Json(column.benchmark)},
                       {"scale", column.is_rating ? "rating" : "share"}});
  }
  Json rows = Json::array();
  for (const TableRow& row : shown.rows) rows.push_back(RowJson(shown, row));
  Json omissions = Json::array();
  for (const LeaderboardOmission& omission : shown.omissions) {
    omissions.push_back({{"benchmark", omission.benchmark},
                         {"reason", std::string(OmissionReasonName(omission.reason))},
                         {"cells", omission.cells}});
  }
  const LeaderboardQuery& query = shown.query;
  const Json document = {
      {"protocol", query.protocol.empty() ? Json() : Json(query.protocol)},
      {"shots", query.shots ? Json(*query.shots) : Json()},
      {"precision", std::string(PrecisionName(query.precision))},
      {"prompt_template", std::string(PromptTemplateName(query.prompt_template))},
      {"sorted_by", shown.sorted_by},
      {"columns", std::move(columns)},
      {"rows", std::move(rows)},
      {"omissions", std::move(omissions)}};
  *console.out << DumpJson(document, /*indented=*/true) << "\n" << std::flush;
}

std::vector<Column> RecordColumns(const ShownLeaderboard& shown) {
  const bool published = std::any_of(shown.rows.begin(), shown.rows.end(),
                                     [](const TableRow& row) { return !row.baseline.empty(); });
  std::vector<Column> columns = {
      {"model", "model"},           {"baseline", published ? "published by" : ""},
      {"foundation", "foundation"}, {"parameters", "size", Align::kRight},
      {"method", "method"},         {"tuning", ""}};
  if (!shown.ranks.empty()) {
    columns.push_back({"rank_best", "95% ranks", Align::kRight});
    columns.push_back({"rank_worst", ""});
  }
  for (const LeaderboardColumn& column : shown.columns) {
    columns.push_back({column.key, column.title, Align::kRight});
    if (published) columns.push_back({column.key + "_difference", ""});
    if (!shown.intervals) continue;
    for (const char* suffix : {"_low", "_high", "_items", "_errors", "_run_id"}) {
      columns.push_back({column.key + suffix, ""});
    }
  }
  return columns;
}

void AddRecord(const ShownLeaderboard& shown, const TableRow& row, bool published,
               RecordWriter& writer) {
  const std::string name = row.same_as.empty() ? row.model : absl::StrCat("└ ", row.model);
  std::vector<Cell> cells = {Cell(row.model, EscapeLine(name)),
                             row.baseline,
                             row.facts.foundation,
                             Cell(CountJson(row.facts.parameters), SizeName(row.facts.parameters)),
                             std::string(TrainingMethodName(row.facts.method)),
                             std::string(TuningName(row.facts.tuning))};
  if (!shown.ranks.empty()) {
    const auto rank = shown.ranks.find(row.model);
    const bool has = row.baseline.empty() && rank != shown.ranks.end();
    cells.push_back(
        has ? Cell(rank->second.best, absl::StrCat(rank->second.best, "–", rank->second.worst))
            : Cell(Json(), ""));
    cells.push_back(has ? Cell(rank->second.worst) : Cell(Json()));
  }
  for (const LeaderboardColumn& column : shown.columns) {
    const auto found = row.scores.find(column.key);
    const TableScore* score = found == row.scores.end() ? nullptr : &found->second;
    cells.push_back(score == nullptr
                        ? Cell(Json(), "-")
                        : Cell(score->value, ScoreText(column, *score, shown.intervals),
                               row.baseline.empty() ? Tone::kPlain : Tone::kDim));
    if (published) {
      cells.push_back(score == nullptr ? Cell(Json()) : Cell(OptionalJson(score->difference)));
    }
    if (!shown.intervals) continue;
    const bool ours = score != nullptr && score->low.has_value();
    cells.push_back(ours ? Cell(OptionalJson(score->low)) : Cell(Json()));
    cells.push_back(ours ? Cell(OptionalJson(score->high)) : Cell(Json()));
    cells.push_back(ours ? Cell(score->items) : Cell(Json()));
    cells.push_back(ours ? Cell(score->errors) : Cell(Json()));
    cells.push_back(ours ? Cell(CountJson(score->run_id)) : Cell(Json()));
  }
  writer.Add(std::move(cells));
}

std::string Remedy(OmissionReason reason) {
  switch (reason) {
    case OmissionReason::kProtocol:
      return "are of another protocol (--protocol)";
    case OmissionReason::kVersion:
      return "are of an earlier version of the protocol";
    case OmissionReason::kData:
      return "are of other data (--dataset)";
    case OmissionReason::kShots:
      return "have another number of shots (--shots)";
    case OmissionReason::kPrecision:
      return "are in another precision (--precision)";
    case OmissionReason::kTemplate:
      return "have another prompt template (--template)";
    case OmissionReason::kSettings:
      return "have a system prompt, or BOS or sampling settings, of their own";
    case OmissionReason::kLimit:
      return "are over a part of the items (--partial)";
    case OmissionReason::kUnfinished:
      return "have not ended (--partial)";
  }
  return "";
}

}  // namespace

void WriteLeaderboard(const ShownLeaderboard& shown, OutputFormat format, const Console& console) {
  if (format == OutputFormat::kJson) return WriteJson(shown, console);
  auto writer = RecordWriter::Create(format, "leaderboard", RecordColumns(shown), console);
  const bool published = std::any_of(shown.rows.begin(), shown.rows.end(),
                                     [](const TableRow& row) { return !row.baseline.empty(); });
  bool partial = false;
  for (const TableRow& row : shown.rows) {
    AddRecord(shown, row, published, *writer);
    for (const auto& [key, score] : row.scores) partial |= score.partial;
  }
  writer->Finish();
  if (format == OutputFormat::kTable && partial) {
    *console.out << "\n" << kPartialMark << " over a part of the items\n";
  }
}

void TellOmissions(const std::vector<LeaderboardOmission>& omissions, const Console& console) {
  for (const LeaderboardOmission& omission : omissions) {
    *console.err << EscapeLine(omission.benchmark) << ": " << omission.cells
                 << (omission.cells == 1 ? " cell is" : " cells are")
                 << " empty: there are runs, but these " << Remedy(omission.reason) << "\n";
  }
}

}  // namespace assay
