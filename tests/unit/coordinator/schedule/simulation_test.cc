// The simulator of tests/bench/schedule, in short.
#include "tests/bench/schedule/simulation.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace assay::simulation {
namespace {

// Eight models from 1 to 30 billion parameters, and two benchmarks of 2,000 items.
SimulatedJob SmallSweep() {
  SimulatedJob job;
  for (const int billions : {1, 3, 3, 7, 7, 13, 20, 30}) {
    job.models.push_back(
        {"model-" + std::to_string(job.models.size()), billions * 1'000'000'000LL});
  }
  for (const int base : {100, 400}) {
    SuiteBenchmark& benchmark = job.benchmarks.emplace_back();
    for (int i = 0; i < 2000; ++i) benchmark.tokens.push_back(base + i * 37 % base);
  }
  return job;
}

SimulationOptions Cluster() {
  SimulationOptions options;
  options.kinds = SuiteKinds();
  options.workers = {5, 2, 1};
  options.jobs = {SmallSweep()};
  return options;
}

TEST(SimulationTest, ASweepTakesLittleMoreThanItMust) {
  const SimulationResult result = Simulate(Cluster());
  EXPECT_TRUE(result.complete);
  EXPECT_LE(result.makespan, 1.15 * result.bound.seconds());
  // Eight models, eight workers.
  EXPECT_LE(result.loads, 24);
}

TEST(SimulationTest, TheSameSeedGivesTheSameSchedule) {
  const SimulationResult one = Simulate(Cluster()), two = Simulate(Cluster());
  EXPECT_EQ(one.makespan, two.makespan);
  EXPECT_EQ(one.leases, two.leases);
}

TEST(SimulationTest, LostAndSlowWorkersLoseNothing) {
  SimulationOptions options = Cluster();
  options.workers = {20, 8, 4};
  options.straggler_share = 0.1;
  options.lost_share = 0.2;
  options.coordinators = 3;
  const SimulationResult result = Simulate(options);
  EXPECT_TRUE(result.complete);
  EXPECT_GT(result.expired, 0);
  const LostTime& lost = result.lost_time;
  for (const double part : {lost.dearer_kind, lost.loads, lost.thrown_away, lost.gone}) {
    EXPECT_GT(part, 0);
  }
  EXPECT_NEAR(result.makespan / result.bound.capacity,
              1 + lost.dearer_kind + lost.loads + lost.thrown_away + lost.gone + lost.waiting +
                  lost.idle_end,
              1e-6);
}

TEST(SimulationTest, EqualUsersShareTheWorkersEqually) {
  SimulationOptions options = Cluster();
  options.workers = {8, 0, 0};
  SimulatedJob job;
  job.benchmarks = SmallSweep().benchmarks;
  job.models = {{"a", 3'000'000'000}, {"b", 3'000'000'000}, {"c", 3'000'000'000}};
  job.owner = "ann";
  options.jobs = {job};
  for (SuiteModel& model : job.models) model.name += "2";
  job.owner = "bob";
  options.jobs.push_back(job);
  const SimulationResult result = Simulate(options);
  const std::vector<double>& served = result.served_until_first_end;
  EXPECT_TRUE(result.complete);
  EXPECT_NEAR(served[0] / (served[0] + served[1]), 0.5, 0.1);
}

TEST(SimulationTest, AJobOfHigherPriorityEndsFirst) {
  SimulationOptions options = Cluster();
  options.jobs.push_back(SmallSweep());
  options.jobs[1].priority = 10;
  options.jobs[1].submitted = 60;
  const SimulationResult result = Simulate(options);
  EXPECT_TRUE(result.complete);
  EXPECT_LT(result.job_ends[1], 0.75 * result.job_ends[0]);
}

}  // namespace
}  // namespace assay::simulation
