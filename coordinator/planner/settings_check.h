// Whether a run's settings fit together, and fit its protocol and its model.
#ifndef ASSAY_COORDINATOR_PLANNER_SETTINGS_CHECK_H_
#define ASSAY_COORDINATOR_PLANNER_SETTINGS_CHECK_H_

#include "absl/status/status.h"
#include "common/benchmark/benchmark.h"
#include "common/domain/item.h"
#include "common/domain/model_spec.h"
#include "common/domain/run_settings.h"

namespace assay {

// Fills in what the protocol decides: its name and version, shots and temperature, where they are
// not given.
void ResolveSettings(const ProtocolSpec& protocol, RunSettings* settings);

// Of resolved settings. InvalidArgument says what does not go together, and what to do.
absl::Status CheckSettings(const ProtocolSpec& protocol, const RunSettings& settings);

// What no endpoint can do is refused before one is asked. OK of a model that is not behind one.
absl::Status CheckRemote(const ModelSpec& model, const DatasetInfo& dataset,
                         const ProtocolSpec& protocol, const RunSettings& settings);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_PLANNER_SETTINGS_CHECK_H_
