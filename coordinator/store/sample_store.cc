#include "coordinator/store/sample_store.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/sample_rows.h"
#include "coordinator/store/sample_sql.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

// Of predictions that are read to be searched, and of their bytes, before a page ends.
constexpr int64_t kMostSearched = 20'000;
constexpr int kSearchedAtOnce = 1'000;
constexpr size_t kMostBytes = size_t{16} << 20;
// Of predictions that PostgreSQL looks through by itself, in one statement and for one page, and
// the time after which a page ends, whatever was found.
constexpr int64_t kScannedAtOnce = 25'000;
constexpr int64_t kScoresAtOnce = 200'000;  // where scores tell all that is asked for
constexpr int64_t kMostScanned = 500'000;
constexpr absl::Duration kMostTime = absl::Seconds(1);

constexpr char kRun[] = "SELECT dataset_id, grader, samples FROM runs WHERE run_id = $1";
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
  int64_t samples = 1;  // of each item
};

// Ordinals, both included; none where the first is above the last.
struct Range {
  int64_t first = 0;
  int64_t last = -1;
};

absl::StatusOr<RunRow> FindRun(pqxx::work& tx, int64_t run_id) {
  const pqxx::result rows = tx.exec_params(kRun, run_id);
  if (rows.empty()) return absl::NotFoundError(absl::StrCat("there is no run ", run_id));
  return RunRow{rows[0][0].as<int64_t>(), rows[0][1].c_str(),
                std::max<int64_t>(1, rows[0][2].as<int64_t>())};
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

// Adds what matches of `rows` until the page is full; returns how many it looked at.
absl::StatusOr<int> Take(const pqxx::result& rows, const SampleFilter& filter, int limit,
                         Found<SampleSummary>& found, size_t& bytes) {
  int looked_at = 0;
  for (const auto& row : rows) {
    if (static_cast<int>(found.rows.size()) == limit) break;
    ASSAY_ASSIGN_OR_RETURN(SampleRead read, ReadSample(row, 2));
    bytes += read.bytes;
    found.reached = read.summary.position;
    ++looked_at;
    if (Matches(filter, read)) found.rows.push_back(CutTexts(std::move(read)));
  }
  return looked_at;
}

// Reads every prediction that has one of the verdicts, and looks itself at what else is asked for.
absl::StatusOr<Found<SampleSummary>> Search(pqxx::work& tx, const SampleFilter& filter,
                                            const SamplePage& page, const RunRow& run,
                                            const Range& range, int64_t& searched) {
  Found<SampleSummary> found;
  found.reached = StartOf(page);
  // A group's items lie together, so that its range leaves nothing to be searched for.
  const bool searches = filter.matches != nullptr;
  const std::string sql = SamplePageSql(static_cast<int>(filter.verdicts.size()), page.backwards,
                                        /*whole_texts=*/searches);
  for (size_t bytes = 0;;) {
    const int missing = page.limit - static_cast<int>(found.rows.size());
    // One more than fits tells whether there is more.
    const int wanted = searches ? std::max(kSearchedAtOnce, missing + 1) : missing + 1;
    std::vector<std::string> parameters =
        Parameters(filter.run_id, run.dataset_id, run.grader, found.reached, wanted, range);
    for (const Verdict verdict : filter.verdicts) parameters.emplace_back(VerdictName(verdict));
    const pqxx::result rows = tx.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
    ASSAY_ASSIGN_OR_RETURN(const int looked_at, Take(rows, filter, page.limit, found, bytes));
    searched += looked_at;
    const bool all = looked_at == static_cast<int>(rows.size());
    found.more = !all || static_cast<int>(rows.size()) == wanted;
    if (!all || !found.more || searched >= kMostSearched || bytes >= kMostBytes) return found;
  }
}

// The next `width` ordinals of `range` from `start` on.
Range Window(int64_t start, bool backwards, const Range& range, int64_t width) {
  if (backwards) {
    const int64_t last = std::min(range.last, start);
    return {std::max(range.first, last - width), last};
  }
  const int64_t first = std::max(range.first, start);
  return {first, std::min(range.last, first + width)};
}

// Behind all that is in the window.
SamplePosition EndOf(const Range& window, bool backwards) {
  return backwards ? SamplePosition{window.first, -1} : SamplePosition{window.last, kLastSample};
}

bool IsLast(const Range& window, bool backwards, const Range& range) {
  return backwards ? window.first <= range.first : window.last >= range.last;
}

// Lets PostgreSQL look through the predictions, window by window, and reads what it finds.
absl::StatusOr<Found<SampleSummary>> Scan(pqxx::work& tx, const SampleFilter& filter,
                                          const SamplePage& page, const RunRow& run,
                                          const Range& range, Clock& clock, int64_t& searched) {
  Found<SampleSummary> found;
  found.reached = StartOf(page);
  const std::string sql =
      SampleScanSql(static_cast<int>(filter.verdicts.size()), page.backwards, filter);
  const int64_t at_once =
      filter.truncated || filter.matches != nullptr ? kScannedAtOnce : kScoresAtOnce;
  const absl::Time end = clock.Now() + kMostTime;
  for (size_t bytes = 0;;) {
    const Range window = Window(found.reached.ordinal, page.backwards, range,
                                std::max<int64_t>(1, at_once / run.samples));
    const int wanted = page.limit - static_cast<int>(found.rows.size()) + 1;
    std::vector<std::string> parameters =
        Parameters(filter.run_id, run.dataset_id, run.grader, found.reached, wanted, window);
    for (const Verdict verdict : filter.verdicts) parameters.emplace_back(VerdictName(verdict));
    if (!filter.contains.empty()) parameters.push_back(LikePattern(filter.contains));
    const pqxx::result rows = tx.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters));
    ASSAY_ASSIGN_OR_RETURN(const int looked_at, Take(rows, filter, page.limit, found, bytes));
    const bool all = looked_at == static_cast<int>(rows.size());
    const bool is_through = all && static_cast<int>(rows.size()) < wanted;
    if (is_through) found.reached = EndOf(window, page.backwards);
    const int64_t ordinals =
        page.backwards ? window.last - found.reached.ordinal : found.reached.ordinal - window.first;
    searched += (std::max<int64_t>(0, ordinals) + 1) * run.samples;
    found.more = !is_through || !IsLast(window, page.backwards, range);
    if (!all || !found.more || searched >= kMostScanned || bytes >= kMostBytes ||
        clock.Now() >= end) {
      return found;
    }
  }
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
    if (range.first > range.last) return rows;
    const bool has_others = !std::all_of(filter.verdicts.begin(), filter.verdicts.end(), IsIndexed);
    const bool can_scan =
        filter.matches == nullptr ? filter.truncated || has_others : !filter.contains.empty();
    ASSAY_ASSIGN_OR_RETURN(Found<SampleSummary> found,
                           can_scan ? Scan(tx, filter, page, run, range, *clock_, rows.searched)
                                    : Search(tx, filter, page, run, range, rows.searched));
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
    const Range window =
        Window(StartOf(page).ordinal, page.backwards, range, /*width=*/kMostSearched);
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
      ASSAY_ASSIGN_OR_RETURN(SampleRead one, ReadSample(row, 2));
      ASSAY_ASSIGN_OR_RETURN(SampleRead other, ReadSample(row, 2 + kSampleColumnCount));
      found.reached = one.summary.position;
      found.rows.push_back({CutTexts(std::move(one)), CutTexts(std::move(other))});
    }
    if (!found.more) {
      // The window is through; what lies behind it is the next page's.
      found.more = !IsLast(window, page.backwards, range);
      found.reached = EndOf(window, page.backwards);
    }
    DifferenceRows result;
    result.searched = std::max<int64_t>(0, window.last - window.first + 1);
    Arrange(std::move(found), page, result);
    return result;
  });
}

}  // namespace assay
