#include "tests/bench/schedule/simulation.h"

namespace assay::simulation {
namespace {

WorkerInfo Describe(double bfloat16_teraflops, int gigabytes, int processes) {
  WorkerInfo worker;
  worker.engine_version = "1/simulated";
  worker.device = "cuda:0";
  worker.threads = gigabytes;  // so that kinds differ
  worker.gflops["bfloat16"] = bfloat16_teraflops * 1e3;
  worker.memory_bytes = int64_t{gigabytes} << 30;
  worker.tensor_parallel = processes;
  return worker;
}

}  // namespace

std::vector<WorkerKind> SuiteKinds() {
  return {{"small", Describe(65, 22, 1), 0.25, 1e9},
          {"large", Describe(150, 79, 1), 0.25, 1.5e9},
          {"group", Describe(480, 316, 4), 0.22, 4e9}};
}

}  // namespace assay::simulation
