// The RPCs about benchmarks that users have declared.
#ifndef ASSAY_COORDINATOR_SERVICE_BENCHMARK_RPCS_H_
#define ASSAY_COORDINATOR_SERVICE_BENCHMARK_RPCS_H_

#include "absl/status/status.h"
#include "assay/v1/evaluation_service.pb.h"
#include "coordinator/catalog/benchmark_catalog.h"

namespace assay {

absl::Status AddBenchmark(BenchmarkCatalog& catalog, const v1::AddBenchmarkRequest& request,
                          v1::AddBenchmarkResponse* response);
absl::Status GetBenchmark(BenchmarkCatalog& catalog, const v1::GetBenchmarkRequest& request,
                          v1::GetBenchmarkResponse* response);
absl::Status RemoveBenchmark(BenchmarkCatalog& catalog, const v1::RemoveBenchmarkRequest& request);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_BENCHMARK_RPCS_H_
