#include "coordinator/store/events.h"

#include <string>

#include "coordinator/store/encoding.h"

namespace assay {

void RecordEvent(pqxx::work& tx, const Event& event) {
  tx.exec_params(
      "INSERT INTO events (kind, job_id, run_id, shard_id, message) "
      "VALUES ($1, nullif($2::bigint, 0), nullif($3::bigint, 0), nullif($4::bigint, 0), $5)",
      std::string(event.kind), event.job_id, event.run_id, event.shard_id,
      PlainText(event.message));
}

}  // namespace assay
