// A run's predictions as short rows, page by page in both directions, and what two runs differ in.
#ifndef ASSAY_COORDINATOR_STORE_SAMPLE_STORE_H_
#define ASSAY_COORDINATOR_STORE_SAMPLE_STORE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/domain/prediction.h"
#include "coordinator/store/database.h"

namespace assay {

// The place of a prediction in its run; pages begin behind one, or end before one.
struct SamplePosition {
  int64_t ordinal = -1;
  int sample_index = -1;
  friend bool operator==(const SamplePosition&, const SamplePosition&) = default;
};

// Which page is wanted.
struct SamplePage {
  std::optional<SamplePosition> from = std::nullopt;  // absent: the first page, or the last
  bool backwards = false;
  int limit = 100;
};

struct SampleFilter {
  int64_t run_id = 0;
  std::vector<Verdict> verdicts = {};  // empty: all
  bool truncated = false;              // only what does not show all there was
  // Whether a text has what is looked for; asked of the first 16 KiB of the output and of what was
  // extracted, and of the target, the item's id and its fields, until one has. Null: all.
  std::function<bool(absl::string_view)> matches = nullptr;
  // Goes with `matches`: printable ASCII without quotes and backslashes that every text that it
  // holds for has, in any case. With it the database looks for candidates by itself, and a page
  // gets through far more predictions. Empty: nothing of the kind is known.
  std::string contains = "";
  std::string group = "";  // empty: all
};

// Texts are cut to a few hundred characters, and are UTF-8.
struct SampleSummary {
  SamplePosition position;
  std::string item_id = "";
  std::string group = "";
  Score score = {};
  std::string target = "";
  std::string output = "";
  std::string question = "";
  bool over_max_input = false;
  bool truncated = false;
  FinishReason finish_reason = FinishReason::kNone;
  int shots_used = 0;
  int64_t prompt_tokens = 0;
  int64_t generated_tokens = 0;
};

struct SampleRows {
  std::vector<SampleSummary> rows;  // in rising order
  // Where the pages before and behind end and begin. Absent: there is nothing.
  std::optional<SamplePosition> previous = std::nullopt;
  std::optional<SamplePosition> next = std::nullopt;
  int64_t first_ordinal = 0;  // of all predictions of the run
  int64_t last_ordinal = 0;
  int64_t searched = 0;  // places that were looked at, at most
};

enum class DifferenceKind { kValue, kFirstHigher, kSecondHigher, kAnswer, kAll };

struct DifferenceFilter {
  int64_t first_run = 0;
  int64_t second_run = 0;
  DifferenceKind kind = DifferenceKind::kValue;
  std::string group = "";  // empty: all
};

struct DifferenceRow {
  SampleSummary first;
  SampleSummary second;
};

struct DifferenceRows {
  std::vector<DifferenceRow> rows;
  std::optional<SamplePosition> previous = std::nullopt;
  std::optional<SamplePosition> next = std::nullopt;
  int64_t searched = 0;  // places that were looked at, at most
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class SampleStore {
 public:
  explicit SampleStore(Database* database, Clock* clock = Clock::Real())
      : database_(database), clock_(clock) {}

  // By the run's current grader. A page is found in an index, wherever it lies. What no index has
  // (`truncated`, `matches`, verdicts that most predictions have) is searched for a second or in
  // 500,000 of them at most, in 20,000 where `contains` says nothing; the page has a next one then,
  // which goes on. NotFound for an unknown run.
  absl::StatusOr<SampleRows> List(const SampleFilter& filter, const SamplePage& page);

  // Of items and samples that both runs have, by each run's current grader. Looks at 20,000 items
  // at most. NotFound for an unknown run, InvalidArgument for runs of different data.
  absl::StatusOr<DifferenceRows> ListDifferences(const DifferenceFilter& filter,
                                                 const SamplePage& page);

 private:
  Database* const database_;
  Clock* const clock_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SAMPLE_STORE_H_
