// assay-worker: leases shards of items from a coordinator, runs the model on them and reports what
// it said.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/rpc/channel.h"
#include "spdlog/sinks/stdout_color_sinks.h"
#include "spdlog/spdlog.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"
#include "worker/machine/machine.h"
#include "worker/machine/processor_claims.h"
#include "worker/process/engine_identity.h"
#include "worker/process/engine_model.h"
#include "worker/process/gemm_rate.h"
#include "worker/process/inspect.h"
#include "worker/process/program_sandbox.h"
#include "worker/process/shutdown_signal.h"
#include "worker/process/threads.h"
#include "worker/remote/api_keys.h"
#include "worker/remote/curl_transport.h"
#include "worker/remote/endpoint_client.h"
#include "worker/remote/remote_runner.h"
#include "worker/sandbox/sandbox.h"
#include "worker/session/lease_benchmarks.h"
#include "worker/session/worker.h"

namespace assay {
namespace {

struct Arguments {
  std::string coordinator = "127.0.0.1:7420";
  std::string device = "cpu";
  int threads = 0;  // 0: the physical cores that no other worker has
  int64_t token_budget = EngineOptions().token_budget;
  int64_t kv_cache_mb = EngineOptions().kv_cache_bytes >> 20;
  int64_t most_running = EngineOptions().most_running;
  std::vector<std::string> without;
  int shards_in_flight = SessionState::Options().shards_in_flight;
  int remote_shards = 8;
  std::string api_key_file;
  std::string ca_file;
  double remote_request_seconds = absl::ToDoubleSeconds(EndpointOptions().request_time);
  double remote_item_seconds = absl::ToDoubleSeconds(EndpointOptions().item_time);
  std::string worker_id;
  std::string sandbox = "namespaces";
  int programs_at_once = SandboxOptions().max_concurrent;
  double grace_seconds = 10;
  std::string log_level = "info";
  bool json = false;
  std::string model_name;
  std::string model_path;
};

absl::StatusOr<WorkerInfo> Describe(const Arguments& arguments, absl::BitGen* random) {
  WorkerInfo worker;
  worker.hostname = Hostname();
  worker.worker_id = arguments.worker_id;
  if (worker.worker_id.empty()) {
    worker.worker_id =
        absl::StrFormat("%s-%d-%08x", worker.hostname, getpid(), absl::Uniform<uint32_t>(*random));
  }
  worker.engine_version = EngineIdentity();
  if (arguments.remote_shards > 0) worker.remote_engine = kRemoteEngine;
  worker.device = arguments.device;
  worker.threads = arguments.threads;
  worker.gflops = MeasureGemmRates();
  return worker;
}

// Processors for the threads that were asked for, or all that are free.
ProcessorClaims ClaimProcessors(Arguments* arguments) {
  const int cores = PhysicalCores();
  const int wanted = arguments->threads > 0 ? arguments->threads : cores;
  ProcessorClaims claims = ProcessorClaims::Take("assay-worker", ProcessorsOfCores(), wanted);
  const int free = static_cast<int>(claims.processors().size());
  if (arguments->threads == 0) arguments->threads = std::max(free, 1);
  if (free >= arguments->threads) {
    if (free < wanted) {
      spdlog::info("other workers have {} of the {} cores; this one takes {}", wanted - free,
                   wanted, free);
    }
    return claims;
  }
  spdlog::warn(
      "{} threads, but only {} cores are free of other workers: the threads are bound to none, and "
      "slow each other down; --threads divides the cores among workers",
      arguments->threads, free);
  return ProcessorClaims();
}

absl::StatusOr<ApiKeys> ReadKeys(const Arguments& arguments) {
  const ApiKeys::Environment environment = [](const char* name) { return std::getenv(name); };
  if (arguments.api_key_file.empty()) return ApiKeys(environment);
  return ApiKeys::Read(arguments.api_key_file, environment);
}

RemoteRunnerFactory MakeRemoteRunner(const Arguments& arguments, HttpTransport* transport,
                                     const ApiKeys* keys, LeaseBenchmarks* benchmarks) {
  if (arguments.remote_shards == 0) return nullptr;
  RemoteParts parts;
  parts.transport = transport;
  parts.keys = keys;
  parts.clock = Clock::Real();
  parts.wait = [](absl::Duration duration, const Cancellation& cancellation) {
    cancellation.Wait(duration);
  };
  parts.random = [] {
    thread_local absl::BitGen random;
    return absl::Uniform(random, 0.0, 1.0);
  };
  parts.find_benchmark = [benchmarks](const Lease& lease) { return benchmarks->Find(lease); };
  parts.options.request_time = absl::Seconds(arguments.remote_request_seconds);
  parts.options.item_time = absl::Seconds(arguments.remote_item_seconds);
  return [parts](ReportSink sink, ProgramStage* programs) {
    return std::make_unique<RemoteRunner>(parts, std::move(sink), programs);
  };
}

absl::Status Serve(Arguments arguments) {
  ASSAY_RETURN_IF_ERROR(InstallShutdownSignal());
  // Held until the end.
  const ProcessorClaims claims = ClaimProcessors(&arguments);
  ASSAY_RETURN_IF_ERROR(SetComputeThreads(arguments.threads, claims.processors()));
  absl::BitGen random;
  SessionOptions options;
  options.state.shards_in_flight = arguments.shards_in_flight;
  options.state.remote_shards_in_flight = arguments.remote_shards;
  ASSAY_ASSIGN_OR_RETURN(options.state.worker, Describe(arguments, &random));
  const WorkerInfo& info = options.state.worker;
  spdlog::info(
      "assay-worker {} (engine {}) as {} on {}, {} threads (float32 {:.0f} GFLOP/s, "
      "bfloat16 {:.0f} GFLOP/s), coordinator {}",
      kVersion, info.engine_version, info.worker_id, info.device, info.threads,
      info.gflops.at("float32"), info.gflops.at("bfloat16"), arguments.coordinator);

  EngineOptions engine;
  for (const std::string& name : arguments.without) {
    ASSAY_RETURN_IF_ERROR(LeaveOut(name, &engine));
  }
  engine.most_running = arguments.most_running;
  engine.token_budget = arguments.token_budget;
  engine.kv_cache_bytes = arguments.kv_cache_mb << 20;
  EngineModelLoader loader(engine);
  SandboxOptions sandbox;
  ASSAY_ASSIGN_OR_RETURN(sandbox.mode, ParseSandboxMode(arguments.sandbox));
  sandbox.max_concurrent = arguments.programs_at_once;
  if (const absl::string_view weakness = WeaknessOf(sandbox.mode); !weakness.empty()) {
    spdlog::warn("{}", std::string(weakness));
  }
  ProgramSandbox programs(sandbox);
  LeaseBenchmarks benchmarks;
  CurlTransport transport({.ca_file = arguments.ca_file});
  ASSAY_ASSIGN_OR_RETURN(const ApiKeys keys, ReadKeys(arguments));
  Worker worker(
      MakeChannels(arguments.coordinator), options, &loader, &programs, arguments.programs_at_once,
      [&benchmarks](const Lease& lease) { return benchmarks.Find(lease); }, Clock::Real(),
      [&random] { return absl::Uniform(random, 0.0, 1.0); },
      MakeRemoteRunner(arguments, &transport, &keys, &benchmarks));
  worker.Start();
  const int signal = WaitForShutdownSignal();
  spdlog::info("signal {}: shards that are not finished go back; another signal ends at once",
               signal);
  worker.Stop(absl::Seconds(arguments.grace_seconds));
  spdlog::info("done; the process took at most {} MiB", PeakResidentBytes() >> 20);
  return absl::OkStatus();
}

void AddServeOptions(CLI::App* app, Arguments* arguments) {
  app->add_option("--coordinator", arguments->coordinator,
                  "The coordinator, HOST:PORT; or several of one service, with commas between them")
      ->envname("ASSAY_COORDINATOR")
      ->capture_default_str();
  app->add_option("--device", arguments->device, "What computes; this build runs on cpu")
      ->check([](const std::string& device) {
        return device == "cpu" ? std::string()
                               : absl::StrCat("this build runs on cpu, not on \"", device, "\"");
      })
      ->capture_default_str();
  app->add_option(
         "--threads", arguments->threads,
         "Threads that compute; default: as many as there are physical cores that no other "
         "worker has")
      ->check(CLI::Range(1, 1024));
  app->add_option("--token-budget", arguments->token_budget, "Tokens computed in one step, at most")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 20))
      ->capture_default_str();
  app->add_option("--kv-cache-mb", arguments->kv_cache_mb,
                  "Memory for keys and values of sequences, in MiB")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 24))
      ->capture_default_str();
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
  app->add_option("--worker-id", arguments->worker_id,
                  "Unique name of this worker; the default is HOSTNAME-PID-RANDOM");
  app->add_option("--grace-seconds", arguments->grace_seconds,
                  "At the end, how long to wait until reports are acknowledged")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app->add_option("--log-level", arguments->log_level, "What is logged, on standard error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
}

int Main(int argc, char** argv) {
  // Standard output is for results.
  spdlog::set_default_logger(spdlog::stderr_color_mt("assay-worker"));
  Arguments arguments;
  CLI::App app("Runs language models on the items that a coordinator leases to it.",
               "assay-worker");
  app.set_version_flag("--version", [] {
    return absl::StrCat("assay-worker ", kVersion, " (engine ", EngineIdentity(), ")");
  });
  AddServeOptions(&app, &arguments);
  CLI::App* inspect =
      app.add_subcommand("inspect", "Checks a model's files, prints what is in them, and ends");
  inspect->add_flag("--json", arguments.json, "Print JSON");
  inspect->add_option("NAME", arguments.model_name, "What the model is to be called")->required();
  inspect->add_option("PATH", arguments.model_path, "A Hugging Face folder or a GGUF file")
      ->required();
  CLI11_PARSE(app, argc, argv);

  spdlog::set_level(spdlog::level::from_str(arguments.log_level));
  if (inspect->parsed()) return Inspect(arguments.model_name, arguments.model_path, arguments.json);
  if (absl::Status status = Serve(arguments); !status.ok()) {
    std::fprintf(stderr, "assay-worker: %s\n", std::string(status.message()).c_str());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
