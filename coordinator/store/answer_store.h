// The answers of a run, for those who judge them.
#ifndef ASSAY_COORDINATOR_STORE_ANSWER_STORE_H_
#define ASSAY_COORDINATOR_STORE_ANSWER_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/domain/item.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"

namespace assay {

struct StoredAnswer {
  std::string text;
  std::string error;  // not empty: the item could not be run, and why
};

// A run whose answers are to be judged.
struct JudgedRun {
  RunSpec spec;
  State state = State::kPending;
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class AnswerStore {
 public:
  explicit AnswerStore(Database* database) : database_(database) {}

  // NotFound.
  absl::StatusOr<JudgedRun> Find(int64_t run_id);
  // The runs of a job, in their order. NotFound.
  absl::StatusOr<std::vector<int64_t>> RunsOf(int64_t job_id);
  // Of all items of the run that have one, by ordinal; of several samples the first.
  absl::StatusOr<std::map<int64_t, StoredAnswer>> Read(int64_t run_id);

  // Gives items of a judge's run the judged run's answers and its rubric (SetAnswer). Internal when
  // one of them has no answer. Leaves items of other runs alone.
  absl::Status AddAnswers(const RunSpec& run, absl::Span<Item> items);
  // The data set with these items as the run asks them.
  absl::StatusOr<std::shared_ptr<const Dataset>> WithAnswers(const RunSpec& run,
                                                             const Dataset& dataset,
                                                             absl::Span<const int64_t> ordinals);

 private:
  Database* const database_;
};

// Gives an item the fields by which a judge is asked about an answer to it
// (common/benchmark/impact.h).
void SetAnswer(const StoredAnswer& answer, const std::string& rubric, Item& item);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_ANSWER_STORE_H_
