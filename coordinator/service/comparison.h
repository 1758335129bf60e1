// Runs set against each other, of their scores alone.
#ifndef ASSAY_COORDINATOR_SERVICE_COMPARISON_H_
#define ASSAY_COORDINATOR_SERVICE_COMPARISON_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "assay/v1/browse_service.pb.h"
#include "common/rpc/compared_runs.h"
#include "coordinator/catalog/benchmark_catalog.h"

namespace assay {

// What can be told from the request alone.
absl::Status CheckComparison(const v1::CompareRunsRequest& request);

// InvalidArgument where the runs cannot be compared, saying in what two of them differ. `catalog`
// tells the groups' larger groups.
absl::StatusOr<v1::CompareRunsResponse> CompareRunGroup(const v1::CompareRunsRequest& request,
                                                        const RunGroup& runs,
                                                        BenchmarkCatalog& catalog);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_COMPARISON_H_
