// Which runs may have predictions in common.
#ifndef ASSAY_COORDINATOR_REUSE_REUSE_KEY_H_
#define ASSAY_COORDINATOR_REUSE_REUSE_KEY_H_

#include <string>

#include "common/domain/model_spec.h"
#include "common/domain/run.h"

namespace assay {

// A digest of what decides about a run's predictions, but for their prompts, which the worker
// compares token by token (Prediction::request_digest), and the engine, which is known when the run
// starts: the digests of weights and tokenizer, the precision and how tokens are chosen. The
// benchmark and how it is asked are part of it too, since other runs would not have the same
// prompts. Empty for a model behind an endpoint, which may be another one by now.
std::string ReuseKey(const RunSpec& run, const ModelSpec& model);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_REUSE_REUSE_KEY_H_
