// Prints how long the suite takes on simulated clusters, against what no schedule can be faster
// than:
//   schedule_bench deploy/models.yaml tests/bench/schedule/lengths.csv
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/registry/model_facts_file.h"
#include "common/base/file.h"
#include "tests/bench/schedule/simulation.h"

namespace assay::simulation {
namespace {

constexpr double kMostWithoutLosses = 1.10;
constexpr double kMostWithLosses = 1.20;

struct Case {
  int workers;
  double stragglers;
  double lost;
};

template <typename T>
T OrExit(absl::StatusOr<T> value) {
  if (value.ok()) return *std::move(value);
  std::fprintf(stderr, "schedule_bench: %s\n", std::string(value.status().message()).c_str());
  std::exit(1);
}

std::string Read(const char* path) {
  const MappedFile file = OrExit(MappedFile::Open(path));
  return std::string(file.bytes());
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: schedule_bench MODELS.yaml LENGTHS.csv [COORDINATORS]\n", stderr);
    return 2;
  }
  SimulatedJob job;
  for (const ModelFacts& facts : OrExit(ReadModelFacts(argv[1], Read(argv[1])))) {
    if (facts.parameters > 0) job.models.push_back({facts.name, facts.parameters});
  }
  job.benchmarks = OrExit(ReadLengths(argv[2], Read(argv[2])));
  size_t items = 0;
  for (const SuiteBenchmark& benchmark : job.benchmarks) items += benchmark.tokens.size();
  std::printf("%zu models, %zu benchmarks of %zu items; seconds\n\n", job.models.size(),
              job.benchmarks.size(), items);
  std::printf(
      "| workers | slow | lost | work / capacity | with a load each | longest model | makespan | "
      "ratio | loads | leases | ran out | taken back | busy | us a decision |\n"
      "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
  const auto begin = std::chrono::steady_clock::now();
  bool met = true;
  const std::vector<Case> cases = {{8, 0, 0},        {64, 0, 0},      {64, 0.02, 0},
                                   {64, 0.02, 0.05}, {256, 0.02, 0},  {256, 0.02, 0.05},
                                   {1000, 0, 0},     {1000, 0.02, 0}, {1000, 0.02, 0.05}};
  for (const Case& one : cases) {
    SimulationOptions options;
    options.kinds = SuiteKinds();
    const int groups = std::max(1, one.workers / 10), large = std::max(3, one.workers * 3 / 10);
    options.workers = {one.workers - large - groups, large, groups};
    options.straggler_share = one.stragglers;
    options.lost_share = one.lost;
    options.coordinators = argc > 3 ? std::max(1, std::atoi(argv[3])) : 2;
    options.jobs = {job};
    const SimulationResult result = Simulate(options);
    const double ratio = result.makespan / result.bound.seconds();
    met = met && result.complete && ratio <= (one.lost > 0 ? kMostWithLosses : kMostWithoutLosses);
    std::printf(
        "| %d | %.0f%% | %.0f%% | %.0f | %.0f | %.0f | %.0f | %.3f | %ld | %ld | %ld | %ld | "
        "%.1f%% "
        "| %.0f |%s\n",
        one.workers, one.stragglers * 100, one.lost * 100, result.bound.capacity,
        result.bound.with_loads, result.bound.longest, result.makespan, ratio, result.loads,
        result.leases, result.expired, result.taken_back, result.busy_share * 100,
        result.decide_microseconds, result.complete ? "" : " NOT COMPLETE");
    std::fflush(stdout);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("\nat most %.2f times the bound without losses, and %.2f with: %s; %.0f s\n",
              kMostWithoutLosses, kMostWithLosses, met ? "yes" : "NO", seconds);
  return met ? 0 : 1;
}

}  // namespace
}  // namespace assay::simulation

int main(int argc, char** argv) { return assay::simulation::Main(argc, argv); }
