#include "coordinator/store/start_rows.h"

#include "coordinator/store/prepared.h"

namespace assay {
namespace {

constexpr char kStartRun[] =
    "UPDATE runs SET state = 'running', engine = $2, started = clock_timestamp(), "
    "  sandbox = CASE WHEN runs_programs THEN $3 END "
    "WHERE run_id = $1 AND state = 'pending'";
constexpr char kIsForWorker[] =
    "SELECT coalesce(r.engine = $2 AND (NOT r.runs_programs OR r.sandbox = $3), false) "
    "  AND j.paused IS NULL FROM runs r JOIN jobs j USING (job_id) WHERE r.run_id = $1";
constexpr char kStartJob[] =
    "UPDATE jobs SET state = 'running' WHERE job_id = $1 AND state = 'pending'";

}  // namespace

bool StartRun(pqxx::work& tx, int64_t run_id, const std::string& engine,
              const std::string& sandbox) {
  ExecPrepared(tx, kStartRun, run_id, engine, sandbox);
  return ExecPrepared(tx, kIsForWorker, run_id, engine, sandbox)[0][0].as<bool>();
}

void StartJob(pqxx::work& tx, int64_t job_id) { ExecPrepared(tx, kStartJob, job_id); }

}  // namespace assay
