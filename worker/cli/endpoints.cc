#include "worker/cli/endpoints.h"

#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/random/random.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace assay {

absl::StatusOr<ApiKeys> ReadKeys(const WorkerArguments& arguments) {
  const ApiKeys::Environment environment = [](const char* name) { return std::getenv(name); };
  if (arguments.api_key_file.empty()) return ApiKeys(environment);
  return ApiKeys::Read(arguments.api_key_file, environment);
}

RemoteRunnerFactory MakeRemoteRunner(const WorkerArguments& arguments, HttpTransport* transport,
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

}  // namespace assay
