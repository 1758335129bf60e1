// All that is needed to reproduce a run, as JSON for people and programs.
#ifndef ASSAY_COORDINATOR_PLANNER_MANIFEST_H_
#define ASSAY_COORDINATOR_PLANNER_MANIFEST_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "common/scoring/grader.h"

namespace assay {

// What is known when the run is submitted, from the settings as they were resolved.
std::string MakeManifest(const RunSpec& run, const ModelSpec& model, const Benchmark& benchmark,
                         const ProtocolSpec& protocol, const Grader& grader);

// What the tokens of a run of a remote model cost, at the prices in its manifest; nullopt where it
// has none.
std::optional<double> CostOfRun(const std::string& manifest_json, const RunProgress& run);

// The manifest of a run that judges the answers of another: which these are, and what the judge is
// shown.
std::string AddJudging(const std::string& manifest_json, const std::string& criterion,
                       const RunSpec& judged, const std::string& rubric);

// Of a manifest that CompleteManifest made: what was stored. InvalidArgument when it is no JSON
// object.
absl::StatusOr<std::string> StoredManifest(const std::string& complete_json);

// The stored manifest with what came to be known since: ids, state, engine, and the times in RFC
// 3339, UTC.
std::string CompleteManifest(const std::string& manifest_json, const RunProgress& run,
                             absl::Time submitted);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_MANIFEST_H_
