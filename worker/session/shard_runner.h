// Between the connection to the coordinator, which holds leases, and the pipeline, which computes
// their shards.
#ifndef ASSAY_WORKER_SESSION_SHARD_RUNNER_H_
#define ASSAY_WORKER_SESSION_SHARD_RUNNER_H_

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"
#include "common/domain/worker.h"

namespace assay {

// What tells whether a loaded model can serve a shard.
struct ModelKey {
  std::string weights_sha256;
  std::string tokenizer_sha256;
  Precision precision = Precision::kFloat32;
  friend bool operator==(const ModelKey&, const ModelKey&) = default;
};
inline ModelKey KeyOf(const Lease& lease) {
  return {lease.model.weights_sha256, lease.model.tokenizer_sha256, lease.run.settings.precision};
}

// In which part of the work a shard failed.
enum class FailedPart { kOther, kLoad, kPreparation, kEngine, kProgram, kEndpoint };

// Why a shard has no predictions.
struct ShardFailure {
  std::string message;
  // No worker can do the run as it stands: it fails at once. Otherwise the shard is split and tried
  // again.
  bool fatal_for_run = false;
  // Given back unharmed, because the worker is shutting down.
  bool returned = false;
  FailedPart part = FailedPart::kOther;
};

// How a lease ended.
struct ShardReport {
  LeaseKey lease;
  std::variant<std::vector<Prediction>, ShardFailure> outcome;
  // Of an engine, since its previous report.
  WorkDone work = {};
  std::string traceparent = {};  // where in the lease's trace it was computed
};

// Thread-safe; never waits for the network or the engine.
using ReportSink = std::function<void(ShardReport)>;

// Computes shards. Thread-safe; no call waits for the engine.
class ShardRunner {
 public:
  virtual ~ShardRunner() = default;
  // One report of the lease follows, unless it is cancelled before.
  virtual void Accept(Lease lease) = 0;
  // Stops working on the lease. A lease that is not there (any more) is ignored.
  virtual void Cancel(const LeaseKey& lease) = 0;
  // The model of the lease accepted last, or else the loaded one: what the next lease had best be
  // of. Empty when there is none.
  virtual std::optional<ModelKey> PreferredModel() const = 0;
};

// A runner with threads of its own.
class ManagedShardRunner : public ShardRunner {
 public:
  virtual void Start() = 0;
  // Reports every unfinished shard, and every one accepted from now on, as returned. Waits for
  // nothing.
  virtual void ReturnUnfinished() = 0;
  // Ends the threads. What is unfinished is not reported. Safe twice.
  virtual void Stop() = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_SESSION_SHARD_RUNNER_H_
