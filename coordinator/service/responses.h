// Responses that are put together from several domain values.
#ifndef ASSAY_COORDINATOR_SERVICE_RESPONSES_H_
#define ASSAY_COORDINATOR_SERVICE_RESPONSES_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "assay/v1/evaluation_service.pb.h"
#include "common/benchmark/benchmark.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/planner/planner.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/prediction_store.h"
#include "coordinator/store/run_lookup.h"

namespace assay {

v1::BenchmarkInfo MakeBenchmarkInfo(const Benchmark& benchmark);
v1::RunPlan MakeRunPlan(const PlannedRun& planned);
v1::ExistingRun MakeExistingRun(const FoundRun& run);
// With the metrics of the items that are done; of runs with several samples that have a pass@1 also
// pass@10, pass@100 and those of `ks`, as far as there are so many samples.
absl::StatusOr<v1::RunResult> MakeRunResult(BenchmarkCatalog& catalog, const StoredResult& result,
                                            absl::Time submitted, absl::Span<const int64_t> ks);
v1::GradedPrediction MakeGradedPrediction(const StoredPrediction& stored);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_SERVICE_RESPONSES_H_
