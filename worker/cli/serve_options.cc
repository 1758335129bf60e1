#include "worker/cli/serve_options.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/logging/log_options.h"
#include "common/metrics/metrics_options.h"
#include "common/rpc/connection_options.h"
#include "common/tracing/otlp_options.h"
#include "worker/device/device.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"

namespace assay {

void AddServeOptions(CLI::App* app, WorkerArguments* arguments) {
  AddConnectionOptions(*app, &arguments->connection);
  app->add_option("--coordinator", arguments->coordinator,
                  "The coordinator, HOST:PORT; or several of one service, with commas between them")
      ->envname("ASSAY_COORDINATOR")
      ->capture_default_str();
  app->add_option("--device", arguments->device, "What computes: cpu, cuda or cuda:N")
      ->check([](const std::string& device) {
        return std::string(Device::Parse(device).status().message());
      })
      ->capture_default_str();
  app->add_option(
         "--threads", arguments->threads,
         "Threads that compute; default: as many as there are physical cores that no other "
         "worker has")
      ->check(CLI::Range(1, 1024));
  app->add_option("--tensor-parallel", arguments->tensor_parallel,
                  "Processes that compute one model together, each with a share of its weights and "
                  "of --threads; with no --tensor-parallel-rank, all on this machine")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  app->add_option("--tensor-parallel-rank", arguments->tensor_parallel_rank,
                  "Of processes on several machines, which one this is. 0 is the worker that a "
                  "coordinator sees; the others need only --rendezvous, --tensor-parallel and "
                  "--threads")
      ->check(CLI::Range(0, 255));
  app->add_option("--rendezvous", arguments->rendezvous,
                  "HOST:PORT where process 0 listens for the others, as they reach it; the network "
                  "between them must be trusted");
  app->add_option(
         "--exchange", arguments->exchange,
         "How processes of --tensor-parallel on GPUs exchange results: by NCCL between the "
         "devices, or through the memory of the hosts, which is slow")
      ->check(CLI::IsMember({"nccl", "host"}))
      ->capture_default_str();
  app->add_option("--token-budget", arguments->token_budget, "Tokens computed in one step, at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20))
      ->capture_default_str();
  app->add_option("--kv-cache-mb", arguments->kv_cache_mb,
                  absl::StrCat("Memory for keys and values of sequences, in MiB; default: ",
                               EngineOptions().kv_cache_bytes >> 20,
                               " on a cpu, on a GPU what is free beside the model"))
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24));
  app->add_option("--most-running", arguments->most_running, "Sequences decoded at once, at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 16))
      ->capture_default_str();
  app->add_option(
         "--without", arguments->without,
         "Optimizations of the engine to leave out, for measurements; none changes a result")
      ->delimiter(',')
      ->check(CLI::IsMember(OptimizationNames()));
  app->add_option("--shards-in-flight", arguments->shards_in_flight,
                  "Shards worked on at once; with two or more, batches stay full between shards")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app->add_option("--remote-shards", arguments->remote_shards,
                  "Shards of remote models worked on at once, beside the others; 0: serve none")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  app->add_option("--api-key-file", arguments->api_key_file,
                  "Keys for endpoints, a line each: NAME URL KEY. Other keys are environment "
                  "variables, by the name that the model was added with")
      ->check(CLI::ExistingFile);
  app->add_option("--ca-file", arguments->ca_file,
                  "Certificates to trust when endpoints are asked, PEM; default: the system's")
      ->check(CLI::ExistingFile);
  app->add_option("--remote-request-seconds", arguments->remote_request_seconds,
                  "An endpoint is given so long for an answer, then it is asked again")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app->add_option("--remote-item-seconds", arguments->remote_item_seconds,
                  "After so long with all tries, an item is stored as an error")
      ->check(CLI::Range(0.1, 864000.0))
      ->capture_default_str();
  app->add_option("--sandbox", arguments->sandbox,
                  "What keeps programs that models write apart from this machine; rlimits, for "
                  "machines without namespaces, is much weaker")
      ->check(CLI::IsMember({"namespaces", "rlimits"}))
      ->capture_default_str();
  app->add_option("--programs-at-once", arguments->programs_at_once,
                  "Such programs that run at a time, beside the model")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  AddMetricsOptions(*app, &arguments->metrics);
  app->add_option("--worker-id", arguments->worker_id,
                  "Unique name of this worker; the default is HOSTNAME-PID-RANDOM");
  app->add_option("--grace-seconds", arguments->grace_seconds,
                  "At the end, how long to wait until reports are acknowledged")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app->add_option("--exit-when-idle", arguments->exit_when_idle,
                  "End when a coordinator has had nothing to do for so many seconds; default: stay")
      ->check(CLI::Range(1.0, 864000.0));
  AddLogOptions(*app, &arguments->log);
  AddTracingOptions(*app, &arguments->otlp_endpoint);
}

}  // namespace assay
