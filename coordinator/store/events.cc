#include "coordinator/store/events.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction_scope.h"

namespace assay {

void RecordEvent(pqxx::work& tx, const Event& event) {
  tx.exec_params(
      "INSERT INTO events (kind, job_id, run_id, shard_id, message) "
      "VALUES ($1, nullif($2::bigint, 0), nullif($3::bigint, 0), nullif($4::bigint, 0), $5)",
      std::string(event.kind), event.job_id, event.run_id, event.shard_id,
      PlainText(event.message));
  LogEvent(event);
}

void LogEvent(const Event& event) {
  TransactionScope* const scope = TransactionScope::Current();
  if (scope == nullptr) return;
  LogFields fields;
  fields.job_id = event.job_id;
  fields.run_id = event.run_id;
  fields.shard_id = event.shard_id;
  scope->Note(absl::StrCat(event.kind, event.message.empty() ? "" : ": ", event.message), fields);
}

}  // namespace assay
