// Internal to the store: how much of a user's work runs at once.
#ifndef ASSAY_COORDINATOR_STORE_OWNER_LIMITS_H_
#define ASSAY_COORDINATOR_STORE_OWNER_LIMITS_H_

#include <string>

#include "coordinator/store/connection.h"

namespace assay {

// Of `count` further leases of the owner's jobs, as many as his limits allow on this worker. Where
// he has limits, his row in quotas (or everybody's, where he has none) stays locked until the
// transaction ends, so that two that are decided at once do not pass them together.
int CountWithinLimits(pqxx::work& tx, const std::string& owner, const std::string& worker_id,
                      int count);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_OWNER_LIMITS_H_
