#include "tests/bench/schedule/simulated_cluster.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "coordinator/planner/cost.h"
#include "coordinator/schedule/memory_need.h"
#include "coordinator/schedule/worker_kinds.h"

namespace assay::simulation {
namespace {

constexpr double kStragglerFactor = 0.1;
constexpr int64_t kContextLength = 2048;

int FindModel(const std::vector<QueuedModel>& models, const std::string& name) {
  for (size_t m = 0; m < models.size(); ++m) {
    if (models[m].weights_sha256 == name) return static_cast<int>(m);
  }
  return -1;
}

void MakeModels(const SimulationOptions& options, std::mt19937_64& random,
                SimulatedCluster* cluster) {
  for (const SimulatedJob& job : options.jobs) {
    for (const SuiteModel& model : job.models) {
      if (FindModel(cluster->models, model.name) >= 0) continue;
      const auto parameters = static_cast<double>(model.parameters);
      const QueuedModel& queued = cluster->models.emplace_back(
          QueuedModel{model.name, Precision::kBFloat16, model.parameters,
                      MemoryNeed(model.parameters, kContextLength, Precision::kBFloat16)});
      std::vector<double>& rates = cluster->rates.emplace_back();
      std::vector<double>& loads = cluster->loads.emplace_back();
      for (const WorkerKind& kind : options.kinds) {
        const bool fits = queued.memory_bytes <= kind.worker.memory_bytes;
        const double spread = 1 + options.speed_spread * (2 * Uniform(random) - 1);
        rates.push_back(fits ? kind.worker.gflops.at("bfloat16") * 1e9 * kind.efficiency * spread /
                                   (2 * parameters)
                             : 0);
        loads.push_back(2 * parameters / kind.load_bytes_per_second);
      }
    }
  }
}

void MakeMachines(const SimulationOptions& options, std::mt19937_64& random,
                  SimulatedCluster* cluster) {
  std::vector<SimulatedMachine>& machines = cluster->machines;
  for (size_t kind = 0; kind < options.kinds.size(); ++kind) {
    for (int i = 0; i < options.workers[kind]; ++i) {
      SimulatedMachine& machine = machines.emplace_back();
      machine.info = options.kinds[kind].worker;
      machine.info.worker_id = absl::StrCat(options.kinds[kind].name, "-", i);
      machine.kind = kind;
    }
  }
  // As they come, not kind by kind.
  for (size_t i = machines.size(); i > 1; --i) std::swap(machines[i - 1], machines[random() % i]);
  const auto stragglers =
      std::llround(options.straggler_share * static_cast<double>(machines.size()));
  for (int64_t i = 0; i < stragglers; ++i) {
    machines[i * machines.size() / stragglers].factor = kStragglerFactor;
  }
  for (size_t i = 0; i < machines.size(); ++i) machines[i].coordinator = i % options.coordinators;
}

int64_t ShardItems(const SimulationOptions& options, const QueuedModel& model,
                   const SuiteBenchmark& benchmark) {
  ShardSizing sizing;
  sizing.items = static_cast<int64_t>(benchmark.tokens.size());
  for (const int32_t tokens : benchmark.tokens) sizing.work += tokens;
  for (size_t kind = 0; kind < options.kinds.size(); ++kind) {
    sizing.tokens_per_second +=
        options.workers[kind] *
        SpeedOn(options.kinds[kind].worker, model, nullptr).tokens_per_second;
    sizing.workers += options.workers[kind];
  }
  sizing.may_cut = true;
  return ChooseShardItems(sizing);
}

}  // namespace

double Uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

SimulatedCluster MakeCluster(const SimulationOptions& options, std::mt19937_64& random) {
  SimulatedCluster cluster;
  MakeModels(options, random, &cluster);
  MakeMachines(options, random, &cluster);
  return cluster;
}

void QueueRuns(const SimulationOptions& options, const SimulatedCluster& cluster,
               SimulatedQueue* queue) {
  for (size_t j = 0; j < options.jobs.size(); ++j) {
    const SimulatedJob& job = options.jobs[j];
    for (const SuiteModel& model : job.models) {
      for (const SuiteBenchmark& benchmark : job.benchmarks) {
        QueuedRun run;
        run.job_id = static_cast<int64_t>(j) + 1;
        run.owner = job.owner;
        run.priority = job.priority;
        run.may_cut = true;
        run.model = FindModel(cluster.models, model.name);
        queue->Add(run, j, benchmark, ShardItems(options, cluster.models[run.model], benchmark));
      }
    }
  }
}

LowerBound BoundOf(const SimulatedCluster& cluster, const SimulatedQueue& queue, size_t kinds) {
  std::vector<BoundedModel> bounded(cluster.models.size());
  for (size_t m = 0; m < bounded.size(); ++m) {
    bounded[m].rates = cluster.rates[m];
    bounded[m].loads = cluster.loads[m];
  }
  for (const SimulatedRun& run : queue.runs()) {
    BoundedModel& model = bounded[run.queued.model];
    model.tokens += run.tokens_until.back();
    const auto longest =
        *std::max_element(run.benchmark->tokens.begin(), run.benchmark->tokens.end());
    model.longest_item = std::max<double>(model.longest_item, longest);
  }
  std::vector<double> workers(kinds, 0);
  for (const SimulatedMachine& machine : cluster.machines) workers[machine.kind] += machine.factor;
  return BoundMakespan(bounded, workers);
}

LostTime CountLostTime(const std::vector<SimulatedMachine>& machines, const LowerBound& bound,
                       double makespan) {
  LostTime lost;
  double computed = 0, worth = 0;
  for (const SimulatedMachine& machine : machines) {
    const double price = bound.prices[machine.kind] * machine.factor;
    worth += price;
    computed += price * machine.time.computed();
    lost.loads += price * machine.time.loading();
    lost.thrown_away += price * machine.time.thrown_away();
    lost.waiting += price * machine.time.waiting();
    lost.idle_end += price * machine.time.idle_end();
    lost.gone += price * std::max(0.0, makespan - machine.lost);
  }
  // All work, each token where it costs least.
  const double work = bound.capacity * worth;
  lost.dearer_kind = computed - work;
  for (double* part : {&lost.dearer_kind, &lost.loads, &lost.thrown_away, &lost.gone, &lost.waiting,
                       &lost.idle_end}) {
    *part /= work;
  }
  return lost;
}

}  // namespace assay::simulation
