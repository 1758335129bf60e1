// Simulated workers for tests/bench/coordinator: so many streams, for so long, in the way that the
// options say. Writes a line of JSON each second, {"time": of the monotonic clock, "stored":
// predictions so far, ...}, and one with the latencies at the end.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "tests/bench/simulated_worker.h"

namespace assay {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(1);
constexpr absl::Duration kLongestEnd = absl::Seconds(60);

struct Options {
  std::string coordinators;
  int workers = 1;
  double seconds = 10;
  double warm_up = 2;
  int64_t predictions = 0;
  double pace = 0;
  std::string name = "simulated";
  SimulationOptions simulation;
};

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

nlohmann::json Quantiles(std::vector<float> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[std::min(values.size() - 1,
                           static_cast<size_t>(share * static_cast<double>(values.size())))];
  };
  return {{"count", values.size()}, {"p50", at(0.5)}, {"p99", at(0.99)}, {"most", values.back()}};
}

nlohmann::json Describe(SimulationCounts& counts) {
  absl::MutexLock lock(&counts.mutex);
  return {{"time", Now()},
          {"welcomed", counts.welcomed},
          {"granted", counts.granted},
          {"retried", counts.retried},
          {"stored", counts.stored},
          {"not_stored", counts.not_stored},
          {"in_flight", counts.in_flight}};
}

void ForgetLatencies(SimulationCounts& counts) {
  absl::MutexLock lock(&counts.mutex);
  counts.lease_seconds.clear();
  counts.commit_seconds.clear();
}

int64_t Stored(SimulationCounts& counts) {
  absl::MutexLock lock(&counts.mutex);
  return counts.stored;
}

bool HaveEnded(SimulationCounts& counts, int workers) {
  absl::MutexLock lock(&counts.mutex);
  return counts.ended == workers;
}

int Simulate(Options options) {
  options.simulation.pace = absl::Seconds(options.pace);
  const std::vector<std::string> coordinators = absl::StrSplit(options.coordinators, ',');
  SimulationCounts counts;
  std::vector<std::unique_ptr<SimulatedWorker>> workers;
  for (int i = 0; i < options.workers; ++i) {
    options.simulation.first_answer = options.simulation.pace * i / options.workers;
    workers.push_back(std::make_unique<SimulatedWorker>(
        absl::StrCat(options.name, "-", i),
        coordinators[static_cast<size_t>(i) % coordinators.size()], options.simulation, &counts));
  }
  for (const auto& worker : workers) worker->Start();
  absl::Time next_line = absl::Now(), begin = absl::InfinitePast();
  bool warm = false;
  while (true) {
    const absl::Time now = absl::Now();
    if (now >= next_line) {
      next_line += absl::Seconds(1);
      std::cout << Describe(counts).dump() << "\n" << std::flush;
    }
    if (begin == absl::InfinitePast()) {
      absl::MutexLock lock(&counts.mutex);
      if (counts.welcomed == options.workers) begin = now;
    } else if (!warm && now >= begin + absl::Seconds(options.warm_up)) {
      warm = true;
      ForgetLatencies(counts);
      nlohmann::json line = Describe(counts);
      line["warm"] = true;
      std::cout << line.dump() << "\n" << std::flush;
    }
    if (now >= begin + absl::Seconds(options.warm_up + options.seconds) &&
        begin != absl::InfinitePast())
      break;
    if (options.predictions > 0 && Stored(counts) >= options.predictions) break;
    for (const auto& worker : workers) worker->Tick(now);
    absl::SleepFor(kTick);
  }
  nlohmann::json last = Describe(counts);
  {
    absl::MutexLock lock(&counts.mutex);
    last["lease_seconds"] = Quantiles(counts.lease_seconds);
    last["commit_seconds"] = Quantiles(counts.commit_seconds);
    last["first_lease_seconds"] = Quantiles(counts.first_lease_seconds);
    last["first_leases_seconds"] = Quantiles(counts.first_leases_seconds);
  }
  last["measured"] = true;
  std::cout << last.dump() << "\n" << std::flush;
  last.erase("measured");
  for (const auto& worker : workers) worker->Finish();
  const absl::Time end = absl::Now() + kLongestEnd;
  while (!HaveEnded(counts, options.workers)) {
    if (absl::Now() > end) {
      std::cerr << "some streams do not end\n";
      std::_Exit(1);
    }
    for (const auto& worker : workers) worker->Tick(absl::Now());
    absl::SleepFor(kTick);
  }
  {
    absl::MutexLock lock(&counts.mutex);
    last["stored_at_end"] = counts.stored;
    last["not_stored"] = counts.not_stored;
  }
  last["last"] = true;
  std::cout << last.dump() << "\n";
  return 0;
}

int Main(int argc, char** argv) {
  // Debian's Abseil looks for deadlocks at every lock unless it is told not to.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Options options;
  CLI::App app("Simulated workers, which measure a coordinator.");
  app.add_option("--coordinators", options.coordinators,
                 "HOST:PORT, several with commas between them")
      ->required();
  app.add_option("--workers", options.workers, "Streams")->capture_default_str();
  app.add_option("--seconds", options.seconds, "Time that is measured")->capture_default_str();
  app.add_option("--warm-up", options.warm_up, "Time before it")->capture_default_str();
  app.add_option("--predictions", options.predictions,
                 "End as soon as so many are stored; 0: never")
      ->capture_default_str();
  app.add_option("--pace", options.pace, "Seconds from a worker's answer to its next; 0: at once")
      ->capture_default_str();
  app.add_option("--name", options.name, "Before the number of a worker")->capture_default_str();
  app.add_option("--shards-in-flight", options.simulation.shards_in_flight, "Leases of a worker")
      ->capture_default_str();
  app.add_option("--output-bytes", options.simulation.output_bytes, "Of a prediction")
      ->capture_default_str();
  app.add_option("--prompt-bytes", options.simulation.prompt_bytes, "Of a prediction")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return Simulate(options);
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) { return assay::Main(argc, argv); }
