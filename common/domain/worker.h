// Workers, and what they are handed: a lease on a shard.
#ifndef ASSAY_COMMON_DOMAIN_WORKER_H_
#define ASSAY_COMMON_DOMAIN_WORKER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/domain/item.h"
#include "common/domain/model_spec.h"
#include "common/domain/prediction.h"
#include "common/domain/run.h"

namespace assay {

struct WorkerInfo {
  std::string worker_id;  // unique; chosen by the worker at its start
  std::string hostname;
  std::string engine_version;  // "<kEngineVersion>/<kernels>", for example "1/amx"
  std::string device;          // "cpu", "cuda:0"
  int threads = 0;
  // Measured matrix-multiplication rate in GFLOP/s by precision name; for estimates only.
  std::map<std::string, double> gflops;
  // What it asks endpoints with, kRemoteEngine; empty when it serves no remote model.
  std::string remote_engine = "";
  // What keeps programs that models write apart from its machine, by the name of its mode
  // (docs/sandbox.md).
  std::string sandbox = "";
  // For models, their keys and values: of the GPU, or what was free of the machine's memory when
  // the worker started; of all processes together. 0: not known.
  int64_t memory_bytes = 0;
  int tensor_parallel = 1;  // processes that compute one model together
};

// What fences a commit. lease_id comes from a sequence of the database and is never reused.
struct LeaseKey {
  int64_t shard_id = 0;
  int attempt = 0;
  int64_t lease_id = 0;
  friend bool operator==(const LeaseKey&, const LeaseKey&) = default;
};

// All that a worker needs to run a shard.
struct Lease {
  LeaseKey key;
  RunSpec run;
  ModelSpec model;
  std::vector<Item> items;
  // Few-shot examples of each group that occurs in `items`, in the protocol's order.
  std::map<std::string, std::vector<Item>> shots;
  // The text that declares run.benchmark, where that is a user's.
  std::string benchmark_text;
  // Predictions of earlier runs for the same items, without prompts: each may be taken for a
  // request of the same item, sample, prompt_sha256 and request_digest.
  std::vector<Prediction> reusable = {};
  // Where in its job's trace the lease is (common/tracing); empty: in none.
  std::string traceparent = {};
};

// What a worker's engine did since its previous report; see WorkDone in worker_service.proto.
struct WorkDone {
  double busy_seconds = 0;
  int64_t prompt_tokens = 0;
  int64_t generated_tokens = 0;
  double load_seconds = 0;
};

enum class CommitOutcome {
  kAccepted,   // stored now
  kDuplicate,  // this very lease was stored before
  kStale,      // the lease is not the current one; nothing was stored
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_WORKER_H_
