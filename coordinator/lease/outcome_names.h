// What became of a lease or a report, as logs, spans and metrics name it.
#ifndef ASSAY_COORDINATOR_LEASE_OUTCOME_NAMES_H_
#define ASSAY_COORDINATOR_LEASE_OUTCOME_NAMES_H_

#include "coordinator/store/shard_store.h"

namespace assay {

const char* NameOf(CommitOutcome outcome);
const char* NameOf(FailureKind kind);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_LEASE_OUTCOME_NAMES_H_
