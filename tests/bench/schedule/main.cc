// Prints how long the suite takes on simulated clusters, against what no schedule can be faster
// than:
//   schedule_bench deploy/models.yaml tests/bench/schedule/lengths.csv
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "client/registry/model_facts_file.h"
#include "common/base/file.h"
#include "tests/bench/schedule/result_table.h"
#include "tests/bench/schedule/simulation.h"

namespace assay::simulation {
namespace {

constexpr char kUsage[] =
    "usage: schedule_bench MODELS.yaml LENGTHS.csv [OPTION ...]\n"
    "  --seeds N         each row of seeds 1 to N: mean (worst)   [1]\n"
    "  --workers N       the rows with N workers only             [all]\n"
    "  --coordinators N                                           [2]\n"
    "  --speeds-known    as in a second sweep of the same models\n";

struct Arguments {
  const char* models = nullptr;
  const char* lengths = nullptr;
  int seeds = 1;
  int workers = 0;  // 0: all rows
  int coordinators = 2;
  bool speeds_known = false;
};

std::optional<Arguments> Parse(int argc, char** argv) {
  if (argc < 3) return std::nullopt;
  Arguments arguments;
  arguments.models = argv[1];
  arguments.lengths = argv[2];
  for (int i = 3; i < argc; ++i) {
    const absl::string_view option = argv[i];
    if (option == "--speeds-known") {
      arguments.speeds_known = true;
      continue;
    }
    int* const number = option == "--seeds"          ? &arguments.seeds
                        : option == "--workers"      ? &arguments.workers
                        : option == "--coordinators" ? &arguments.coordinators
                                                     : nullptr;
    if (number == nullptr || ++i == argc || !absl::SimpleAtoi(argv[i], number) || *number < 1) {
      return std::nullopt;
    }
  }
  return arguments;
}

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

SimulatedJob ReadJob(const Arguments& arguments) {
  SimulatedJob job;
  for (const ModelFacts& facts : OrExit(ReadModelFacts(arguments.models, Read(arguments.models)))) {
    if (facts.parameters > 0) job.models.push_back({facts.name, facts.parameters});
  }
  job.benchmarks = OrExit(ReadLengths(arguments.lengths, Read(arguments.lengths)));
  return job;
}

void Simulate(const Arguments& arguments, const SimulatedJob& job, TableRow* row) {
  SimulationOptions options;
  options.kinds = SuiteKinds();
  const int groups = std::max(1, row->workers / 10), large = std::max(3, row->workers * 3 / 10);
  options.workers = {row->workers - large - groups, large, groups};
  options.straggler_share = row->stragglers;
  options.lost_share = row->lost;
  options.coordinators = arguments.coordinators;
  options.speeds_known = arguments.speeds_known;
  options.jobs = {job};
  for (int seed = 1; seed <= arguments.seeds; ++seed) {
    options.seed = seed;
    row->results.push_back(Simulate(options));
    if (!row->results.back().complete) {
      std::fprintf(stderr, "schedule_bench: %d workers, seed %d: NOT COMPLETE\n", row->workers,
                   seed);
    }
  }
}

int Main(int argc, char** argv) {
  const std::optional<Arguments> arguments = Parse(argc, argv);
  if (!arguments.has_value()) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const SimulatedJob job = ReadJob(*arguments);
  size_t items = 0;
  for (const SuiteBenchmark& benchmark : job.benchmarks) items += benchmark.tokens.size();
  std::printf("%zu models, %zu benchmarks of %zu items; seeds 1 to %d; seconds\n\n%s",
              job.models.size(), job.benchmarks.size(), items, arguments->seeds,
              TableHead().c_str());
  const auto begin = std::chrono::steady_clock::now();
  int rows = 0, met = 0;
  double decide_microseconds = 0;
  const std::vector<TableRow> clusters = {
      {8, 0, 0, {}},       {64, 0, 0, {}},        {64, 0.02, 0, {}},     {64, 0.02, 0.05, {}},
      {256, 0, 0, {}},     {256, 0.02, 0, {}},    {256, 0.02, 0.05, {}}, {1000, 0, 0, {}},
      {1000, 0.02, 0, {}}, {1000, 0.02, 0.05, {}}};
  for (TableRow row : clusters) {
    if (arguments->workers > 0 && row.workers != arguments->workers) continue;
    Simulate(*arguments, job, &row);
    std::fputs(TableLine(row).c_str(), stdout);
    std::fflush(stdout);
    ++rows;
    if (SeedsThatMeet(row) == arguments->seeds) ++met;
    for (const SimulationResult& result : row.results) {
      decide_microseconds = std::max(decide_microseconds, result.decide_microseconds);
    }
  }
  if (rows == 0) {
    std::fprintf(stderr, "schedule_bench: no row has %d workers\n", arguments->workers);
    return 2;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf(
      "\n%d of %d rows meet their target with each seed; a decision takes up to %.0f us "
      "on average; %.0f s\n",
      met, rows, decide_microseconds, seconds);
  return met == rows ? 0 : 1;
}

}  // namespace
}  // namespace assay::simulation

int main(int argc, char** argv) { return assay::simulation::Main(argc, argv); }
