// Internal to the store: rows of the table `judge_orders`.
#ifndef ASSAY_COORDINATOR_STORE_JUDGE_ORDER_ROWS_H_
#define ASSAY_COORDINATOR_STORE_JUDGE_ORDER_ROWS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/domain/judge_request.h"
#include "coordinator/store/connection.h"

namespace assay {

// Of a request all but its runs and jobs, as JSON.
std::string EncodeJudgeRequest(const JudgeRequest& request);
// Internal for what EncodeJudgeRequest did not make.
absl::StatusOr<JudgeRequest> DecodeJudgeRequest(const std::string& json);

void InsertJudgeOrder(pqxx::work& tx, int64_t job_id, const JudgeRequest& request);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_JUDGE_ORDER_ROWS_H_
