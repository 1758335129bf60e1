#include "coordinator/store/sample_sql.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace assay {
namespace {

constexpr int kSearchedBytes = 16384;
// Four bytes for each character that is shown, and some more for what is cut off to be seen.
constexpr int kShownBytes = 1024;

// A score's value, as Score::value() has it.
constexpr char kValue[] = "coalesce(X.partial, (X.verdict = 'correct')::integer)";

std::string ValueOf(const std::string& table) {
  return absl::StrReplaceAll(kValue, {{"X", table}});
}

std::string Order(bool backwards) {
  const char* way = backwards ? " DESC" : "";
  return absl::StrCat(" ORDER BY item_ordinal", way, ", sample_index", way);
}

std::string Condition(DifferenceKind kind) {
  const std::string a = ValueOf("a");
  const std::string b = ValueOf("b");
  switch (kind) {
    case DifferenceKind::kValue:
      return absl::StrCat(" AND ", a, " <> ", b);
    case DifferenceKind::kFirstHigher:
      return absl::StrCat(" AND ", a, " > ", b);
    case DifferenceKind::kSecondHigher:
      return absl::StrCat(" AND ", a, " < ", b);
    case DifferenceKind::kAnswer:
      // Where a choice is made there is no output.
      return " AND (a.extracted <> b.extracted OR "
             "  (SELECT p.output FROM predictions p WHERE p.run_id = $1 "
             "    AND p.item_ordinal = a.item_ordinal AND p.sample_index = a.sample_index) <> "
             "  (SELECT p.output FROM predictions p WHERE p.run_id = $2 "
             "    AND p.item_ordinal = b.item_ordinal AND p.sample_index = b.sample_index))";
    case DifferenceKind::kAll:
      return "";
  }
  return "";
}

// The rows of the keys k: item_ordinal and sample_index, in order.
std::string RowsOf(const std::string& keys, bool backwards, bool whole_texts) {
  return absl::StrCat(
      "WITH k AS MATERIALIZED (", keys, ") SELECT k.item_ordinal, k.sample_index, ",
      SampleColumns(whole_texts),
      " FROM k JOIN scores s ON s.run_id = $1 AND s.item_ordinal = k.item_ordinal "
      "  AND s.sample_index = k.sample_index AND s.grader = $3 "
      "JOIN predictions p ON p.run_id = $1 AND p.item_ordinal = k.item_ordinal "
      "  AND p.sample_index = k.sample_index "
      "JOIN items i ON i.dataset_id = $2 AND i.ordinal = k.item_ordinal",
      absl::StrReplaceAll(Order(backwards), {{"item_", "k.item_"}, {"sample_", "k.sample_"}}));
}

// Bytes are compared as text in which those that are not ASCII are written in octal; only ASCII is
// looked for. By the rules of "C", which lowers ASCII alone, in a tenth of the time.
std::string Contains(const std::string& parameter) {
  const auto bytes = [&](const char* column) {
    return absl::StrCat("encode(substring(", column, " FOR ", kSearchedBytes,
                        "), 'escape') COLLATE \"C\" ILIKE ", parameter);
  };
  return absl::StrCat(" AND (", bytes("p.output"), " OR ", bytes("s.extracted"),
                      " OR i.body::text COLLATE \"C\" ILIKE ", parameter,
                      " OR i.item_id COLLATE \"C\" ILIKE ", parameter, ")");
}

}  // namespace

std::string SampleColumns(bool whole_texts) {
  const int bytes = whole_texts ? kSearchedBytes : kShownBytes;
  return absl::StrCat("i.item_id, i.group_name, i.body, substring(p.output FOR ", bytes,
                      "), p.over_max_input, p.truncated, p.finish_reason, p.shots_used, "
                      "p.prompt_tokens, p.generated_tokens, s.grader, s.grader_version, s.verdict, "
                      "substring(s.extracted FOR ",
                      bytes, "), s.partial, cardinality(p.output_token_ids)");
}

std::string SamplePageSql(int verdicts, bool backwards, bool whole_texts) {
  const std::string keys = absl::StrCat(
      "SELECT item_ordinal, sample_index FROM scores WHERE run_id = $1 AND grader = $3 "
      "AND (item_ordinal, sample_index) ",
      backwards ? "<" : ">",
      " ($4::integer, $5::integer) AND item_ordinal BETWEEN $7::integer AND $8::integer");
  const std::string end = absl::StrCat(Order(backwards), " LIMIT $6");
  std::vector<std::string> parts;
  // Each verdict's keys lie in order in the index, those of several do not.
  for (int i = 0; i < verdicts; ++i) {
    parts.push_back(absl::StrCat("(", keys, " AND verdict = $", 9 + i, end, ")"));
  }
  const std::string chosen = parts.empty() ? keys : absl::StrJoin(parts, " UNION ALL ");
  return RowsOf(absl::StrCat("SELECT * FROM (", chosen, ") u", end), backwards, whole_texts);
}

bool IsIndexed(Verdict verdict) {
  return verdict == Verdict::kError || verdict == Verdict::kUnanswered ||
         verdict == Verdict::kUnparsable;
}

std::string SampleScanSql(int verdicts, bool backwards, const SampleFilter& filter) {
  std::vector<std::string> names;
  for (int i = 0; i < verdicts; ++i) names.push_back(absl::StrCat("$", 9 + i));
  const bool has_text = !filter.contains.empty();
  std::string keys = absl::StrCat(
      "SELECT s.item_ordinal, s.sample_index FROM scores s ",
      has_text || filter.truncated
          ? "JOIN predictions p ON p.run_id = $1 AND p.item_ordinal = s.item_ordinal "
            "  AND p.sample_index = s.sample_index "
            "  AND p.item_ordinal BETWEEN $7::integer AND $8::integer "
          : "",
      has_text ? "JOIN items i ON i.dataset_id = $2 AND i.ordinal = s.item_ordinal "
                 "  AND i.ordinal BETWEEN $7::integer AND $8::integer "
               : "",
      "WHERE s.run_id = $1 AND s.grader = $3 AND (s.item_ordinal, s.sample_index) ",
      backwards ? "<" : ">",
      " ($4::integer, $5::integer) AND s.item_ordinal BETWEEN $7::integer AND $8::integer");
  if (!names.empty()) {
    absl::StrAppend(&keys, " AND s.verdict IN (", absl::StrJoin(names, ", "), ")");
  }
  if (filter.truncated) {
    absl::StrAppend(&keys, " AND (p.truncated OR p.over_max_input ",
                    "OR p.finish_reason IN ('length', 'context'))");
  }
  if (has_text) absl::StrAppend(&keys, Contains(absl::StrCat("$", 9 + verdicts)));
  absl::StrAppend(
      &keys,
      absl::StrReplaceAll(Order(backwards), {{"item_", "s.item_"}, {"sample_", "s.sample_"}}),
      " LIMIT $6");
  return RowsOf(keys, backwards, /*whole_texts=*/has_text);
}

std::string LikePattern(absl::string_view contains) {
  return absl::StrCat(
      "%", absl::StrReplaceAll(contains, {{"\\", "\\\\"}, {"%", "\\%"}, {"_", "\\_"}}), "%");
}

std::string DifferencePageSql(DifferenceKind kind, bool backwards) {
  const char* way = backwards ? " DESC" : "";
  const std::string order = absl::StrCat(" ORDER BY a.item_ordinal", way, ", a.sample_index", way);
  const auto side = [](const char* number) {
    const std::string columns = SampleColumns(/*whole_texts=*/false);
    return absl::StrReplaceAll(
        columns, {{"p.", absl::StrCat("p", number, ".")}, {"s.", absl::StrCat("s", number, ".")}});
  };
  const auto join = [](const char* number, const char* run, const char* grader) {
    return absl::StrReplaceAll(
        " JOIN scores s# ON s#.run_id = RUN AND s#.item_ordinal = k.item_ordinal "
        "  AND s#.sample_index = k.sample_index AND s#.grader = GRADER "
        "JOIN predictions p# ON p#.run_id = RUN AND p#.item_ordinal = k.item_ordinal "
        "  AND p#.sample_index = k.sample_index",
        {{"#", number}, {"RUN", run}, {"GRADER", grader}});
  };
  return absl::StrCat(
      "WITH k AS MATERIALIZED (SELECT a.item_ordinal, a.sample_index FROM scores a "
      "JOIN scores b ON b.run_id = $2 AND b.item_ordinal = a.item_ordinal "
      "  AND b.sample_index = a.sample_index AND b.grader = $9 "
      "WHERE a.run_id = $1 AND a.grader = $3 AND (a.item_ordinal, a.sample_index) ",
      backwards ? "<" : ">",
      " ($4::integer, $5::integer) AND a.item_ordinal BETWEEN $7::integer AND $8::integer "
      "  AND b.item_ordinal BETWEEN $7::integer AND $8::integer",
      Condition(kind), order, " LIMIT $6) SELECT k.item_ordinal, k.sample_index, ", side("1"), ", ",
      side("2"), " FROM k", join("1", "$1", "$3"), join("2", "$2", "$9"),
      " JOIN items i ON i.dataset_id = $10 AND i.ordinal = k.item_ordinal ORDER BY k.item_ordinal",
      way, ", k.sample_index", way);
}

}  // namespace assay
