#include "coordinator/store/sample_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/item_json.h"
#include "coordinator/store/sample_sql.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr size_t kShownCharacters = 240;
// Of predictions that are searched through, and of what is read of them, before a page ends.
constexpr int64_t kMostSearched = 20'000;
constexpr int kSearchedAtOnce = 1'000;
constexpr size_t kMostBytes = size_t{16} << 20;

constexpr char kRun[] = "SELECT dataset_id, grader FROM runs WHERE run_id = $1";
constexpr char kEnds[] =
    "SELECT (SELECT item_ordinal FROM scores WHERE run_id = $1 ORDER BY item_ordinal LIMIT 1), "
    "(SELECT item_ordinal FROM scores WHERE run_id = $1 ORDER BY item_ordinal DESC LIMIT 1)";
constexpr char kGroup[] =
    "SELECT min(ordinal), max(ordinal) FROM items WHERE dataset_id = $1 AND group_name = $2";

// Behind all there are.
constexpr int64_t kNoOrdinal = std::numeric_limits<int32_t>::max();
constexpr int kLastSample = std::numeric_limits<int32_t>::max();

struct RunRow {
  int64_t dataset_id = 0;
  std::string grader;
};

// Ordinals, both included; none where the first is above the last.
struct Range {
  int64_t first = 0;
  int64_t last = -1;
};

absl::StatusOr<RunRow> FindRun(pqxx::work& tx, int64_t run_id) {
  const pqxx::result rows = tx.exec_params(kRun, run_id);
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
  return RunRow{rows[0][0].as<int64_t>(), rows[0][1].c_str()};
}

Range ReadRange(const pqxx::row& row) {
  if (row[0].is_null()) return {};
  return {row[0].as<int64_t>(), row[1].as<int64_t>()};
}

// Of the run's predictions, in the group where one is named.
Range Wanted(pqxx::work& tx, const Range& all, int64_t dataset_id, const std::string& group) {
  if (group.empty()) return all;
  const Range of_group = ReadRange(tx.exec_params1(kGroup, dataset_id, PlainText(group)));
  return {std::max(all.first, of_group.first), std::min(all.last, of_group.last)};
}

std::string Shown(absl::string_view text) {
  std::string plain = PlainText(text);
  size_t characters = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    if ((static_cast<unsigned char>(plain[i]) & 0xC0) == 0x80) continue;
    if (characters++ < kShownCharacters) continue;
    plain.resize(i);
    return absl::StrCat(plain, "…");
  }
  return plain;
}

// What was asked: the field by that name, or the item's first.
const std::string& QuestionOf(const Item& item) {
  for (const char* name : {"question", "input", "prompt", "Prompt"}) {
    if (const auto field = item.fields.find(name); field != item.fields.end()) return field->second;
  }
  static const std::string& kNothing = *new std::string();
  return item.fields.empty() ? kNothing : item.fields.begin()->second;
}

// A row as it is read, with its whole texts where the statement gave them.
struct ReadRow {
  SampleSummary summary;
  Item item;
  size_t bytes = 0;
};

// Of the columns from `first`, as SampleColumns has them.
absl::StatusOr<ReadRow> ReadSummary(const pqxx::row& row, int first) {
  ReadRow read;
  SampleSummary& summary = read.summary;
  summary.position = {row[0].as<int64_t>(), row[1].as<int>()};
  int i = first;
  read.item.id = summary.item_id = row[i++].c_str();
  summary.group = row[i++].c_str();
  const absl::string_view body = row[i++].c_str();
  ASSAY_RETURN_IF_ERROR(DecodeItemBody(body, read.item));
  summary.output = DecodeBytes(row[i++].c_str());
  summary.over_max_input = row[i++].as<bool>();
  summary.truncated = row[i++].as<bool>();
  ASSAY_ASSIGN_OR_RETURN(summary.finish_reason, ParseFinishReason(row[i++].c_str()));
  summary.shots_used = row[i++].as<int>();
  summary.prompt_tokens = row[i++].as<int64_t>();
  summary.generated_tokens = row[i++].as<int64_t>();
  summary.score.grader = row[i++].c_str();
  summary.score.grader_version = row[i++].as<int>();
  ASSAY_ASSIGN_OR_RETURN(summary.score.verdict, ParseVerdict(row[i++].c_str()));
  summary.score.extracted = DecodeBytes(row[i++].c_str());
  if (!row[i].is_null()) summary.score.partial = row[i].as<double>();
  ++i;
  // Of own models the tokens are there to be counted.
  summary.generated_tokens = std::max(summary.generated_tokens, row[i++].as<int64_t>());
  summary.target = read.item.target;
  read.bytes = body.size() + summary.output.size();
  return read;
}

void CutTexts(const Item& item, SampleSummary& summary) {
  summary.output = Shown(summary.output);
  summary.score.extracted = Shown(summary.score.extracted);
  summary.target = Shown(summary.target);
  summary.question = Shown(QuestionOf(item));
}

bool IsCut(const SampleSummary& summary) {
  return summary.truncated || summary.over_max_input ||
         summary.finish_reason == FinishReason::kLength ||
         summary.finish_reason == FinishReason::kContext;
}

bool Matches(const SampleFilter& filter, const ReadRow& row) {
  if (filter.truncated && !IsCut(row.summary)) return false;
  if (!filter.group.empty() && row.summary.group != filter.group) return false;
  if (filter.matches == nullptr) return true;
  const auto& matches = filter.matches;
  return matches(row.summary.output) || matches(row.summary.score.extracted) ||
         matches(row.summary.target) || matches(row.summary.item_id) ||
         std::any_of(row.item.fields.begin(), row.item.fields.end(),
                     [&](const auto& field) { return matches(field.second); });
}

SamplePosition StartOf(const SamplePage& page) {
  if (page.from.has_value()) return *page.from;
  return page.backwards ? SamplePosition{kNoOrdinal, 0} : SamplePosition{-1, -1};
}

// What a search found, in the order of the search.
template <typename Row>
struct Found {
  std::vector<Row> rows;
  SamplePosition reached;  // the last place that was looked at
  bool more = false;
};

SamplePosition PositionOf(const SampleSummary& row) { return row.position; }
SamplePosition PositionOf(const DifferenceRow& row) { return row.first.position; }

// In rising order, with the places where its neighbours are.
template <typename Row, typename Rows>
void Arrange(Found<Row> found, const SamplePage& page, Rows& rows) {
  rows.rows = std::move(found.rows);
  if (page.backwards) std::reverse(rows.rows.begin(), rows.rows.end());
  std::optional<SamplePosition>& ahead = page.backwards ? rows.previous : rows.next;
  std::optional<SamplePosition>& back = page.backwards ? rows.next : rows.previous;
  if (found.more) ahead = found.reached;
  // There may be something on the side that the search came from.
  if (!page.from.has_value()) return;
  back = rows.rows.empty() ? *page.from
         : page.backwards  ? PositionOf(rows.rows.back())
                           : PositionOf(rows.rows.front());
}

// The parameters that both statements begin with, in their order.
std::vector<std::string> Parameters(int64_t first, int64_t second, const std::string& grader,
                                    const SamplePosition& from, int rows, const Range& range) {
  return {absl::StrCat(first),
          absl::StrCat(second),
          grader,
          absl::StrCat(from.ordinal),
          absl::StrCat(from.sample_index),
          absl::StrCat(rows),
          absl::StrCat(range.first),
          absl::StrCat(range.last)};
}

// Adds what matches of `rows`; false when the page is full before their end.
absl::StatusOr<bool> Take(const pqxx::result& rows, const SampleFilter& filter, int limit,
                          Found<SampleSummary>& found, int64_t& searched, size_t& bytes) {
  for (const auto& row : rows) {
    if (static_cast<int>(found.rows.size()) == limit) return false;
    ASSAY_ASSIGN_OR_RETURN(ReadRow read, ReadSummary(row, 2));
    ++searched;
    bytes += read.bytes;
    found.reached = read.summary.position;
    if (!Matches(filter, read)) continue;
    CutTexts(read.item, read.summary);
    found.rows.push_back(std::move(read.summary));
  }
  return true;
}

absl::StatusOr<Found<SampleSummary>> Search(pqxx::work& tx, const SampleFilter& filter,
                                            const SamplePage& page, const RunRow& run,
                                            const Range& range, int64_t& searched) {
  Found<SampleSummary> found;
  found.reached = StartOf(page);
  // A group's items lie together, so that its range leaves nothing to be searched for.
  const bool searches = filter.truncated || filter.matches != nullptr;
  const std::string sql = SamplePageSql(static_cast<int>(filter.verdicts.size()), page.backwards,
                                        filter.matches != nullptr);
  for (size_t bytes = 0;;) {
    const int missing = page.limit - static_cast<int>(found.rows.size());
    // One more than fits tells whether there is more.
    const int wanted = searches ? std::max(kSearchedAtOnce, missing + 1) : missing + 1;
    std::vector<std::string> parameters =
        Parameters(filter.run_id, run.dataset_id, run.grader, found.reached, wanted, range);
    for (const Verdict verdict : filter.verdicts) parameters.emplace_back(VerdictName(verdict));
    const pqxx::result rows = tx.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
    ASSAY_ASSIGN_OR_RETURN(const bool all, Take(rows, filter, page.limit, found, searched, bytes));
    found.more = !all || static_cast<int>(rows.size()) == wanted;
    if (!all || !found.more || searched >= kMostSearched || bytes >= kMostBytes) return found;
  }
}

// The ordinals of the page's side of `range` that are looked at for it.
Range Window(const SamplePage& page, const Range& range) {
  const int64_t start = StartOf(page).ordinal;
  if (page.backwards) {
    const int64_t last = std::min(range.last, start);
    return {std::max(range.first, last - kMostSearched), last};
  }
  const int64_t first = std::max(range.first, start);
  return {first, std::min(range.last, first + kMostSearched)};
}

Range EndsOf(pqxx::work& tx, int64_t run_id) { return ReadRange(tx.exec_params1(kEnds, run_id)); }

}  // namespace

absl::StatusOr<SampleRows> SampleStore::List(const SampleFilter& filter, const SamplePage& page) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<SampleRows> {
    ASSAY_ASSIGN_OR_RETURN(const RunRow run, FindRun(tx, filter.run_id));
    const Range all = EndsOf(tx, filter.run_id);
    SampleRows rows;
    rows.first_ordinal = all.first;
    rows.last_ordinal = std::max(all.first, all.last);
    const Range range = Wanted(tx, all, run.dataset_id, filter.group);
    ASSAY_ASSIGN_OR_RETURN(Found<SampleSummary> found,
                           Search(tx, filter, page, run, range, rows.searched));
    Arrange(std::move(found), page, rows);
    return rows;
  });
}

absl::StatusOr<DifferenceRows> SampleStore::ListDifferences(const DifferenceFilter& filter,
                                                            const SamplePage& page) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<DifferenceRows> {
    ASSAY_ASSIGN_OR_RETURN(const RunRow first, FindRun(tx, filter.first_run));
    ASSAY_ASSIGN_OR_RETURN(const RunRow second, FindRun(tx, filter.second_run));
    if (first.dataset_id != second.dataset_id) {
      return absl::InvalidArgumentError(
          absl::StrCat("runs ", filter.first_run, " and ", filter.second_run,
                       " are of different data sets, and have no items in common"));
    }
    const Range range = Wanted(tx, EndsOf(tx, filter.first_run), first.dataset_id, filter.group);
    const Range window = Window(page, range);
    std::vector<std::string> parameters = Parameters(
        filter.first_run, filter.second_run, first.grader, StartOf(page), page.limit + 1, window);
    parameters.push_back(second.grader);
    parameters.push_back(absl::StrCat(first.dataset_id));
    const pqxx::result rows = tx.exec_params(DifferencePageSql(filter.kind, page.backwards),
                                             pqxx::prepare::make_dynamic_params(parameters));
    Found<DifferenceRow> found;
    for (const auto& row : rows) {
      if (static_cast<int>(found.rows.size()) == page.limit) {
        found.more = true;
        break;
      }
      ASSAY_ASSIGN_OR_RETURN(ReadRow one, ReadSummary(row, 2));
      ASSAY_ASSIGN_OR_RETURN(ReadRow other, ReadSummary(row, 2 + kSampleColumnCount));
      found.reached = one.summary.position;
      CutTexts(one.item, one.summary);
      CutTexts(other.item, other.summary);
      found.rows.push_back({std::move(one.summary), std::move(other.summary)});
    }
    if (!found.more) {
      // The window is through; what lies behind it is the next page's.
      found.more = page.backwards ? window.first > range.first : window.last < range.last;
      found.reached = page.backwards ? SamplePosition{window.first, -1}
                                     : SamplePosition{window.last, kLastSample};
    }
    DifferenceRows result;
    result.searched = std::max<int64_t>(0, window.last - window.first + 1);
    Arrange(std::move(found), page, result);
    return result;
  });
}

}  // namespace assay
