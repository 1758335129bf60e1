// What the first process of a group tells the others to do, as bytes. The processes are of one
// program, but what comes over a network is checked all the same.
#ifndef ASSAY_WORKER_PROCESS_PARALLEL_MESSAGES_H_
#define ASSAY_WORKER_PROCESS_PARALLEL_MESSAGES_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/domain/model_spec.h"
#include "common/domain/run.h"
#include "worker/layers/batch.h"

namespace assay {

struct LoadMessage {
  ModelSpec spec;  // name, paths and digests
  Precision precision = Precision::kFloat32;
  std::string engine;  // the first process's EngineIdentity
};
struct ForwardMessage {
  Batch batch;         // of a decoder
  int32_t blocks = 0;  // of the first process's pool
};
struct LogitsMessage {
  int64_t first = 0;
  int64_t rows = 0;
};
struct UnloadMessage {};
struct StopMessage {};
using ParallelMessage =
    std::variant<LoadMessage, ForwardMessage, LogitsMessage, UnloadMessage, StopMessage>;

std::string Encode(const ParallelMessage& message);
// InvalidArgument for what Encode does not write.
absl::StatusOr<ParallelMessage> Decode(absl::string_view bytes);

}  // namespace assay

#endif  // ASSAY_WORKER_PROCESS_PARALLEL_MESSAGES_H_
