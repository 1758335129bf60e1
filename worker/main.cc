// assay-worker: leases shards of items from a coordinator, runs the model on them and reports what
// it said.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/logging/log_context.h"
#include "common/logging/log_options.h"
#include "common/metrics/metrics_options.h"
#include "common/metrics/metrics_server.h"
#include "common/rpc/channel.h"
#include "common/rpc/connection_options.h"
#include "common/tracing/otlp_options.h"
#include "spdlog/spdlog.h"
#include "worker/device/cuda.h"
#include "worker/device/device.h"
#include "worker/device/nvml.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"
#include "worker/machine/machine.h"
#include "worker/machine/processor_claims.h"
#include "worker/metrics/device_metrics.h"
#include "worker/metrics/metered_model.h"
#include "worker/metrics/work_metrics.h"
#include "worker/parallel/device_group.h"
#include "worker/parallel/nccl.h"
#include "worker/parallel/process_group.h"
#include "worker/process/compute_device.h"
#include "worker/process/count_tokens.h"
#include "worker/process/engine_identity.h"
#include "worker/process/engine_model.h"
#include "worker/process/followers.h"
#include "worker/process/inspect.h"
#include "worker/process/parallel_model.h"
#include "worker/process/probe.h"
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

// For models, their keys and values; 0: not known.
int64_t MemoryFor(const Device& device) {
  if (device.is_cpu()) return AvailableBytes();
  const absl::StatusOr<CudaFacts> facts = ReadCudaFacts(device);
  return facts.ok() ? facts->total_bytes : 0;
}

WorkerInfo Describe(const Arguments& arguments, const ComputeDevice& device, absl::BitGen* random) {
  WorkerInfo worker;
  worker.hostname = Hostname();
  worker.worker_id = arguments.worker_id;
  if (worker.worker_id.empty()) {
    worker.worker_id =
        absl::StrFormat("%s-%d-%08x", worker.hostname, getpid(), absl::Uniform<uint32_t>(*random));
  }
  worker.engine_version = device.engine;
  if (arguments.remote_shards > 0) worker.remote_engine = kRemoteEngine;
  worker.sandbox = arguments.sandbox;
  worker.device = device.device.Name();
  worker.threads = arguments.threads;
  worker.gflops = device.gflops;
  worker.memory_bytes = MemoryFor(device.device);
  worker.tensor_parallel = arguments.tensor_parallel;
  // Processes that were started one by one are on machines of their own.
  if (arguments.tensor_parallel_rank >= 0) worker.memory_bytes *= arguments.tensor_parallel;
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
      SPDLOG_INFO("other workers have {} of the {} cores; this one takes {}", wanted - free, wanted,
                  free);
    }
    return claims;
  }
  SPDLOG_WARN(
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

// The last thing that a process does whose group has failed: what it has leased goes to others when
// the leases end, and whoever started it starts it again.
void EndBroken(const absl::Status& status) {
  SPDLOG_CRITICAL("{}; this worker ends", std::string(status.message()));
  spdlog::shutdown();
  std::_Exit(3);
}

// This process's place among those that compute one model; null when it is alone. The first one,
// where no other is told its place, starts the others on this machine.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinGroup(const Arguments& arguments,
                                                        Followers* followers) {
  if (arguments.tensor_parallel == 1) return nullptr;
  ASSAY_ASSIGN_OR_RETURN(Device device, Device::Parse(arguments.device));
  ProcessGroupOptions options;
  options.share = {std::max(0, arguments.tensor_parallel_rank), arguments.tensor_parallel};
  if (options.share.index >= options.share.count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--tensor-parallel-rank is below --tensor-parallel: 0 to ", arguments.tensor_parallel - 1));
  }
  const bool starts_others = arguments.tensor_parallel_rank < 0;
  if (starts_others != arguments.rendezvous.empty()) {
    return absl::InvalidArgumentError(
        "--tensor-parallel-rank and --rendezvous come together, or neither of them");
  }
  if (!starts_others) {
    ASSAY_ASSIGN_OR_RETURN(const Rendezvous rendezvous, ParseRendezvous(arguments.rendezvous));
    options.host = rendezvous.host;
    options.port = rendezvous.port;
  }
  ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<ProcessGroup> group, ProcessGroup::Create(options));
  for (int rank = 1; starts_others && rank < arguments.tensor_parallel; ++rank) {
    ++device.index;
    ASSAY_RETURN_IF_ERROR(followers->Start(
        {"--tensor-parallel", absl::StrCat(arguments.tensor_parallel), "--tensor-parallel-rank",
         absl::StrCat(rank), "--rendezvous", absl::StrCat("127.0.0.1:", group->port()), "--threads",
         absl::StrCat(arguments.threads), "--log-level", arguments.log.level, "--log-format",
         LogFormatName(arguments.log.format), "--device", device.Name(), "--exchange",
         arguments.exchange}));
  }
  ASSAY_RETURN_IF_ERROR(group->Join());
  SPDLOG_INFO("process {} of {} that compute models together", options.share.index + 1,
              options.share.count);
  return group;
}

// How the group's processes exchange what their devices compute; null on CPUs.
absl::StatusOr<std::unique_ptr<DeviceGroup>> JoinDevices(const Arguments& arguments,
                                                         const Device& device,
                                                         TensorParallel* group) {
  if (group == nullptr || device.is_cpu()) return nullptr;
  if (arguments.exchange == "host") return MakeHostDeviceGroup(group);
  return JoinNccl(group, {.device = device.index});
}

// What is not told of a GPU is left out of the metrics.
std::shared_ptr<DeviceMetrics> DeviceMetricsOf(const Device& device) {
  if (device.is_cpu()) return std::make_shared<DeviceMetrics>(device.Name(), ReadMachineUse());
  const auto open = [&]() -> absl::StatusOr<std::shared_ptr<Nvml>> {
    ASSAY_ASSIGN_OR_RETURN(const std::string bus_id, PciBusIdOf(device));
    ASSAY_ASSIGN_OR_RETURN(std::unique_ptr<Nvml> opened, Nvml::Open(bus_id));
    return opened;
  };
  const absl::StatusOr<std::shared_ptr<Nvml>> nvml = open();
  if (!nvml.ok()) {
    SPDLOG_WARN("the use of {} is not told: {}", device.Name(),
                std::string(nvml.status().message()));
  }
  return std::make_shared<DeviceMetrics>(
      device.Name(), [nvml] { return nvml.ok() ? (*nvml)->Read() : nvml.status(); });
}

absl::Status Serve(Arguments arguments) {
  ASSAY_RETURN_IF_ERROR(InstallShutdownSignal());
  ASSAY_ASSIGN_OR_RETURN(const ClientSecurity security,
                         MakeClientSecurity(arguments.connection, arguments.coordinator));
  UseSecurity(security);
  if (geteuid() == 0) {
    SPDLOG_WARN(
        "this worker runs as root: a user of its own, who cannot write to the models, is "
        "safer (docs/security.md)");
  }
  if (arguments.tensor_parallel > 1 && arguments.tensor_parallel_rank < 0 &&
      arguments.threads == 0) {
    arguments.threads = std::max(1, PhysicalCores() / arguments.tensor_parallel);
  }
  // Held until the end.
  const ProcessorClaims claims = ClaimProcessors(&arguments);
  ASSAY_RETURN_IF_ERROR(SetComputeThreads(arguments.threads, claims.processors()));
  ComputeDevice device;
  const bool on_cpu = arguments.device == "cpu";
  // A GPU's library is loaded before there are other threads.
  if (!on_cpu) {
    ASSAY_ASSIGN_OR_RETURN(device, OpenComputeDevice(arguments.device));
    if (arguments.tensor_parallel > 1) {
      // A share's products have other sizes, and so other sums, than the whole model's.
      absl::StrAppend(&device.engine, "-x", arguments.tensor_parallel);
    }
  }
  Followers followers;
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<ProcessGroup> group,
                         JoinGroup(arguments, &followers));
  ASSAY_ASSIGN_OR_RETURN(const std::unique_ptr<DeviceGroup> device_group,
                         JoinDevices(arguments, device.device, group.get()));
  const bool follows = group != nullptr && group->share().index > 0;
  if (on_cpu && follows) device.engine = EngineIdentity();
  const Placement placement = {
      .device = device.device, .group = group.get(), .device_group = device_group.get()};
  if (follows) return FollowLeader(placement, device.engine);
  if (on_cpu) {
    ASSAY_ASSIGN_OR_RETURN(device, OpenComputeDevice(arguments.device));
  }
  std::optional<ParallelLeader> leader;
  if (group != nullptr) leader.emplace(placement, device.engine, EndBroken);
  absl::BitGen random;
  SessionOptions options;
  options.state.shards_in_flight = arguments.shards_in_flight;
  options.state.remote_shards_in_flight = arguments.remote_shards;
  options.state.worker = Describe(arguments, device, &random);
  const WorkerInfo& info = options.state.worker;
  LogContext::SetProcess({.worker_id = info.worker_id});
  SPDLOG_INFO("assay-worker {} (engine {}) as {} on {}, {} threads ({} GFLOP/s), coordinator {}",
              kVersion, info.engine_version, info.worker_id, info.device, info.threads,
              absl::StrJoin(info.gflops, ", ",
                            [](std::string* out, const auto& rate) {
                              absl::StrAppendFormat(out, "%s %.0f", rate.first, rate.second);
                            }),
              arguments.coordinator);

  EngineOptions engine;
  for (const std::string& name : arguments.without) {
    ASSAY_RETURN_IF_ERROR(LeaveOut(name, &engine));
  }
  engine.most_running = arguments.most_running;
  engine.token_budget = arguments.token_budget;
  if (arguments.kv_cache_mb > 0 || !device.device.is_cpu()) {
    engine.kv_cache_bytes = arguments.kv_cache_mb << 20;
  }
  const std::unique_ptr<OtlpExporter> spans =
      StartTracing(arguments.otlp_endpoint, "assay-worker", info.worker_id);
  EngineModelLoader loader(engine, device.device, leader.has_value() ? &*leader : nullptr);
  std::unique_ptr<MetricsServer> metrics;
  std::optional<EngineMetrics> engine_metrics;
  std::optional<WorkMetrics> work_metrics;
  std::optional<MeteredModelLoader> metered;
  if (!arguments.metrics.listen.empty()) {
    ASSAY_ASSIGN_OR_RETURN(metrics,
                           MetricsServer::Start(arguments.metrics, kVersion, device.engine));
    engine_metrics.emplace(&metrics->registry());
    engine_metrics->token_budget.Set(static_cast<double>(engine.token_budget));
    work_metrics.emplace(&metrics->registry());
    options.observer = &*work_metrics;
    metrics->Add(DeviceMetricsOf(device.device));
    metered.emplace(&loader, &*engine_metrics, Clock::Real());
    SPDLOG_INFO("metrics are served at {}/metrics", metrics->url());
  }
  SandboxOptions sandbox;
  ASSAY_ASSIGN_OR_RETURN(sandbox.mode, ParseSandboxMode(arguments.sandbox));
  sandbox.max_concurrent = arguments.programs_at_once;
  if (const absl::string_view weakness = WeaknessOf(sandbox.mode); !weakness.empty()) {
    SPDLOG_WARN("{}", std::string(weakness));
  }
  ProgramSandbox programs(sandbox);
  LeaseBenchmarks benchmarks;
  CurlTransport transport({.ca_file = arguments.ca_file});
  ASSAY_ASSIGN_OR_RETURN(const ApiKeys keys, ReadKeys(arguments));
  Worker worker(
      MakeChannels(arguments.coordinator), options,
      metered.has_value() ? static_cast<ModelLoader*>(&*metered) : &loader, &programs,
      arguments.programs_at_once,
      [&benchmarks](const Lease& lease) { return benchmarks.Find(lease); }, Clock::Real(),
      [&random] { return absl::Uniform(random, 0.0, 1.0); },
      MakeRemoteRunner(arguments, &transport, &keys, &benchmarks));
  worker.Start();
  const absl::Duration most_idle = absl::Seconds(arguments.exit_when_idle);
  int signal = 0;
  while (signal == 0) {
    signal = WaitForShutdownSignal(absl::Seconds(1));
    if (signal == 0 && Clock::Real()->Now() - worker.IdleSince() > most_idle) break;
  }
  if (signal == 0) {
    SPDLOG_INFO("there was nothing to do for {} s: this worker ends", arguments.exit_when_idle);
  } else {
    SPDLOG_INFO("signal {}: shards that are not finished go back; another signal ends at once",
                signal);
  }
  worker.Stop(absl::Seconds(arguments.grace_seconds));
  SPDLOG_INFO("done; the process took at most {} MiB", PeakResidentBytes() >> 20);
  return absl::OkStatus();
}

void AddServeOptions(CLI::App* app, Arguments* arguments) {
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

int Probe(const Arguments& arguments) {
  ProbeOptions options;
  options.device = arguments.device;
  const absl::StatusOr<SandboxMode> mode = ParseSandboxMode(arguments.sandbox);
  if (mode.ok()) options.sandbox.mode = *mode;
  std::printf("%s\n", ProbeJson(options, arguments.sandbox).c_str());
  return 0;
}

int Main(int argc, char** argv) {
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
  inspect->add_option("--base", arguments.model_base,
                      "Of a LoRA adapter: its base's folder or GGUF file");
  inspect->add_option("NAME", arguments.model_name, "What the model is to be called")->required();
  inspect->add_option("PATH", arguments.model_path, "A Hugging Face folder or a GGUF file")
      ->required();
  CLI::App* probe = app.add_subcommand(
      "probe", "Tries the device and the sandbox (--device, --sandbox), prints JSON, and ends");
  probe->fallthrough();
  CLI::App* count = app.add_subcommand(
      "count-tokens", "Prints how many tokens each text of a JSON array has, and ends");
  count->add_option("--base", arguments.model_base,
                    "Of a LoRA adapter: its base's folder or GGUF file");
  count->add_option("PATH", arguments.model_path, "A Hugging Face folder or a GGUF file")
      ->required();
  count->add_option("TEXTS", arguments.texts, "A file with the array")->required();
  CLI11_PARSE(app, argc, argv);

  StartLogging("assay-worker", arguments.log);  // standard output is for results
  if (inspect->parsed())
    return Inspect(arguments.model_name, arguments.model_path, arguments.model_base,
                   arguments.json);
  if (probe->parsed()) return Probe(arguments);
  if (count->parsed()) {
    return CountTokens(arguments.model_path, arguments.model_base, arguments.texts);
  }
  if (absl::Status status = Serve(arguments); !status.ok()) {
    if (arguments.log.format == LogFormat::kJson) {
      SPDLOG_CRITICAL("{}", std::string(status.message()));
    } else {
      std::fprintf(stderr, "assay-worker: %s\n", std::string(status.message()).c_str());
    }
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
