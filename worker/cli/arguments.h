#ifndef ASSAY_WORKER_CLI_ARGUMENTS_H_
#define ASSAY_WORKER_CLI_ARGUMENTS_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/logging/log_options.h"
#include "common/metrics/metrics_options.h"
#include "common/rpc/connection_options.h"
#include "worker/engine/engine.h"
#include "worker/remote/endpoint_client.h"
#include "worker/sandbox/sandbox.h"
#include "worker/session/worker.h"

namespace assay {

// What the command line says.
struct WorkerArguments {
  std::string coordinator = "127.0.0.1:7420";
  ConnectionOptions connection;
  std::string device = "cpu";
  int threads = 0;  // 0: the physical cores that no other worker has
  int64_t token_budget = EngineOptions().token_budget;
  int64_t kv_cache_mb = 0;  // 0: the engine's own on a CPU, on a GPU what is free
  int64_t most_running = EngineOptions().most_running;
  int tensor_parallel = 1;
  int tensor_parallel_rank = -1;
  std::string rendezvous;
  std::string exchange = "nccl";
  std::vector<std::string> without;
  int shards_in_flight = SessionState::Options().shards_in_flight;
  int remote_shards = 8;
  std::string api_key_file;
  std::string ca_file;
  double remote_request_seconds = absl::ToDoubleSeconds(EndpointOptions().request_time);
  double remote_item_seconds = absl::ToDoubleSeconds(EndpointOptions().item_time);
  HttpServerOptions metrics;
  std::string worker_id;
  std::string sandbox = "namespaces";
  int programs_at_once = SandboxOptions().max_concurrent;
  double grace_seconds = 10;
  double exit_when_idle = std::numeric_limits<double>::infinity();  // seconds
  LogOptions log;
  std::string otlp_endpoint;
  bool json = false;
  std::string model_name;
  std::string model_path;
  std::string model_base;
  std::string texts;
};

}  // namespace assay

#endif  // ASSAY_WORKER_CLI_ARGUMENTS_H_
