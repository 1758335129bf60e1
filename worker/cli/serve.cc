#include "worker/cli/serve.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/base/version.h"
#include "common/logging/log_context.h"
#include "common/metrics/metrics_server.h"
#include "common/rpc/channel.h"
#include "common/rpc/connection_options.h"
#include "common/tracing/otlp_options.h"
#include "spdlog/spdlog.h"
#include "worker/cli/description.h"
#include "worker/cli/device_use.h"
#include "worker/cli/endpoints.h"
#include "worker/cli/group.h"
#include "worker/cli/processors.h"
#include "worker/device/device.h"
#include "worker/engine/engine.h"
#include "worker/engine/optimizations.h"
#include "worker/machine/machine.h"
#include "worker/machine/processor_claims.h"
#include "worker/metrics/metered_model.h"
#include "worker/metrics/work_metrics.h"
#include "worker/parallel/device_group.h"
#include "worker/parallel/process_group.h"
#include "worker/process/compute_device.h"
#include "worker/process/engine_identity.h"
#include "worker/process/engine_model.h"
#include "worker/process/followers.h"
#include "worker/process/parallel_model.h"
#include "worker/process/program_sandbox.h"
#include "worker/process/shutdown_signal.h"
#include "worker/process/threads.h"
#include "worker/remote/api_keys.h"
#include "worker/remote/curl_transport.h"
#include "worker/remote/remote_runner.h"
#include "worker/sandbox/sandbox.h"
#include "worker/session/lease_benchmarks.h"
#include "worker/session/worker.h"

namespace assay {

absl::Status Serve(WorkerArguments arguments) {
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
  options.state.worker = DescribeWorker(arguments, device, &random);
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

}  // namespace assay
