// Internal to the store: runs and jobs that begin with a lease.
#ifndef ASSAY_COORDINATOR_STORE_START_ROWS_H_
#define ASSAY_COORDINATOR_STORE_START_ROWS_H_

#include <cstdint>
#include <string>

#include "coordinator/store/connection.h"

namespace assay {

// Starts a pending run and binds it to the worker's engine and sandbox. Of workers that want to
// start a run at once, the first to lock its row does; the others wait for that and then look at
// what it has become. False where that is nothing for this worker.
bool StartRun(pqxx::work& tx, int64_t run_id, const std::string& engine,
              const std::string& sandbox);

// Nothing for a job that is not pending.
void StartJob(pqxx::work& tx, int64_t job_id);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_START_ROWS_H_
