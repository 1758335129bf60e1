// Judges that wait for a job's answers.
#ifndef ASSAY_COORDINATOR_STORE_JUDGE_ORDER_STORE_H_
#define ASSAY_COORDINATOR_STORE_JUDGE_ORDER_STORE_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/domain/judge_request.h"
#include "common/domain/run.h"
#include "coordinator/store/database.h"
#include "coordinator/store/job_store.h"

namespace assay {

// Stored with the job of the answers, by JobStore::Submit.
struct JudgeOrder {
  int64_t job_id = 0;  // of the answers
  State state = State::kPending;
  JudgeRequest request;  // its runs and jobs are empty
};

// Thread-safe. Every call is one transaction; Unavailable when the database is not reachable.
class JudgeOrderStore {
 public:
  explicit JudgeOrderStore(Database* database) : database_(database) {}

  // The oldest open order whose answers' job has ended; nullopt when there is none.
  absl::StatusOr<std::optional<JudgeOrder>> NextReady();
  // Submits the judges' runs and closes the order; the judges' job. Nullopt when another
  // coordinator has closed it before.
  absl::StatusOr<std::optional<int64_t>> Submit(int64_t job_id, absl::Span<const NewRun> runs);
  // Closes the order, if it is open, with the reason why nothing is judged.
  absl::Status Refuse(int64_t job_id, absl::string_view reason);

 private:
  Database* const database_;
};

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_JUDGE_ORDER_STORE_H_
