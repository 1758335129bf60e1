// Computes the shards of remote models: many requests at once to each endpoint, beside the engine
// and without it. Items are asked in the order of the shards' arrival.
#ifndef ASSAY_WORKER_REMOTE_REMOTE_RUNNER_H_
#define ASSAY_WORKER_REMOTE_REMOTE_RUNNER_H_

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/domain/worker.h"
#include "worker/remote/api_keys.h"
#include "worker/remote/cancellation.h"
#include "worker/remote/endpoint_client.h"
#include "worker/remote/http_transport.h"
#include "worker/remote/remote_items.h"
#include "worker/session/item_preparation.h"
#include "worker/session/program_stage.h"
#include "worker/session/shard_runner.h"

namespace assay {

// What the runner works with. The pointers must outlive it.
struct RemoteParts {
  HttpTransport* transport = nullptr;
  const ApiKeys* keys = nullptr;
  Clock* clock = nullptr;
  WaitFunction wait;
  std::function<double()> random;  // in [0, 1); called by any thread
  BenchmarkFinder find_benchmark;
  EndpointOptions options;
};

// Thread-safe.
class RemoteRunner : public ManagedShardRunner {
 public:
  // `sink` is called from any of its threads, never under its lock. `programs`, which must outlive
  // the runner, takes over shards whose predictions are made into programs; null: such shards fail.
  RemoteRunner(RemoteParts parts, ReportSink sink, ProgramStage* programs);
  ~RemoteRunner() override;

  void Start() override;
  void Accept(Lease lease) override;
  void Cancel(const LeaseKey& lease) override;
  // None: an endpoint is as good as another.
  std::optional<ModelKey> PreferredModel() const override { return std::nullopt; }
  void ReturnUnfinished() override;
  void Stop() override;

 private:
  enum class Stage { kWaiting, kPreparing, kPrepared, kOver };
  struct Shard {
    Lease lease;
    ResolvedRun run;  // this and the next, when it is prepared
    std::vector<RemoteItem> items;
    std::vector<std::vector<Prediction>> predictions;  // of each item
    Stage stage = Stage::kWaiting;
    size_t next = 0;  // the first item that was not begun
    size_t unfinished = 0;
    Cancellation cancellation;
  };
  using ShardPtr = std::shared_ptr<Shard>;
  struct Endpoint;  // a model, the threads that ask it, and the shards that have items to begin
  struct Task {
    ShardPtr shard;
    bool prepare = false;
    size_t item = 0;
  };

  // The endpoint that the lease's model is asked at, with threads.
  absl::StatusOr<Endpoint*> EndpointOf(const ModelSpec& model)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Ask(Endpoint* endpoint);  // what each of its threads does
  bool HasTask(const Endpoint& endpoint) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  Task NextTask(Endpoint* endpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Has whoever works on the shard leave off.
  static void End(Shard& shard);
  void Prepare(const ShardPtr& shard) ABSL_LOCKS_EXCLUDED(mutex_);
  void Answer(Endpoint* endpoint, const ShardPtr& shard, size_t item) ABSL_LOCKS_EXCLUDED(mutex_);
  // Fails the shard; where that is fatal for its run, all shards of the run.
  void Fail(const ShardPtr& shard, const absl::Status& status, bool fatal_for_run)
      ABSL_LOCKS_EXCLUDED(mutex_);
  void Finish(const ShardPtr& shard) ABSL_LOCKS_EXCLUDED(mutex_);
  // Forgets the shard; false when it is not there any more, cancelled or returned meanwhile.
  bool Remove(const ShardPtr& shard) ABSL_LOCKS_EXCLUDED(mutex_);

  const RemoteParts parts_;
  const ReportSink sink_;
  ProgramStage* const programs_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool returning_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<ShardPtr> shards_ ABSL_GUARDED_BY(mutex_);  // not reported
  // By the model and how it is asked. They stay: their limits hold from one shard to the next.
  std::map<std::string, std::unique_ptr<Endpoint>> endpoints_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace assay

#endif  // ASSAY_WORKER_REMOTE_REMOTE_RUNNER_H_
