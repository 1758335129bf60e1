// Internal to the store: rows of the table `events`, written by the transaction that they tell of.
#ifndef ASSAY_COORDINATOR_STORE_EVENTS_H_
#define ASSAY_COORDINATOR_STORE_EVENTS_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "coordinator/store/connection.h"

namespace assay {

struct Event {
  absl::string_view kind;  // "job_submitted", "shard_split", ...
  // 0: the event is not about one.
  int64_t job_id = 0;
  int64_t run_id = 0;
  int64_t shard_id = 0;
  absl::string_view message = "";
};

// Logged as well, when the transaction is committed.
void RecordEvent(pqxx::work& tx, const Event& event);
// Only logged then.
void LogEvent(const Event& event);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_EVENTS_H_
