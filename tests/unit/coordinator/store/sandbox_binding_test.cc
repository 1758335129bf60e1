// The programs of a run are kept apart from the workers' machines in one way only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "common/benchmark/human_eval.h"
#include "coordinator/planner/manifest.h"
#include "coordinator/store/job_control.h"
#include "coordinator/store/shard_store.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kProblems[] =
    R"({"task_id": "a/0", "prompt": "def f():\n", "entry_point": "f", "test": "def check(c):\n  pass"}
{"task_id": "a/1", "prompt": "def g():\n", "entry_point": "g", "test": "def check(c):\n  pass"}
)";

WorkerInfo WorkerOf(const std::string& id, const std::string& sandbox) {
  WorkerInfo worker = SampleWorker(id);
  worker.sandbox = sandbox;
  return worker;
}

class SandboxBindingTest : public CoordinatorTest {
 protected:
  SandboxBindingTest() {
    const std::vector<SourceFile> files = {{"problems.jsonl", kProblems}};
    DatasetInfo info;
    info.benchmark = info.name = "human_eval";
    info.sha256 = DatasetDigest(files);
    info.items = 2;
    info.groups = 1;
    EXPECT_TRUE(coordinator_.datasets.Import(info, HumanEvalBenchmark().Parse(files).value()).ok());
  }

  int64_t SubmitProgramming() {
    std::vector<PlannedRun> planned =
        coordinator_.planner.Plan({{"tiny"}, {"human_eval"}, {}, /*shard_items=*/1}).value();
    std::vector<NewRun> runs;
    for (PlannedRun& run : planned) runs.push_back(std::move(run.run));
    return coordinator_.jobs.Submit(runs).value();
  }

  std::vector<LeasedShard> Grant(const WorkerInfo& worker) {
    return LeaseAny(coordinator_.shards, worker, 1);
  }

  nlohmann::json Manifest(int64_t job) {
    const StoredResult result = coordinator_.jobs.Results(job).value().at(0);
    return nlohmann::json::parse(
        CompleteManifest(result.manifest_json, result.run, absl::FromUnixSeconds(0)));
  }
};

TEST_F(SandboxBindingTest, AStartedRunIsForWorkersOfItsSandboxOnly) {
  const int64_t job = SubmitProgramming();
  EXPECT_FALSE(Manifest(job).contains("sandbox"));
  ASSERT_THAT(Grant(WorkerOf("weak", "rlimits")), SizeIs(1));
  EXPECT_EQ(Run(job).sandbox, "rlimits");
  EXPECT_EQ(Manifest(job)["sandbox"], "rlimits");
  EXPECT_THAT(Grant(WorkerOf("strong", "namespaces")), IsEmpty());
  ASSERT_TRUE(coordinator_.workers.Seen(WorkerOf("strong", "namespaces")).ok());
  std::vector<JobProgress> jobs = {coordinator_.jobs.Get(job).value()};
  JobControl control(&coordinator_.database);
  ASSERT_TRUE(control.Annotate(absl::MakeSpan(jobs)).ok());
  EXPECT_THAT(jobs[0].runs[0].waiting_for, HasSubstr("and sandbox rlimits is connected"));
  EXPECT_THAT(Grant(WorkerOf("weak-too", "rlimits")), SizeIs(1));
}

TEST_F(SandboxBindingTest, AWorkerOfAnotherSandboxGetsTheNextRun) {
  SubmitProgramming();
  const int64_t second = SubmitProgramming();
  ASSERT_THAT(Grant(WorkerOf("weak", "rlimits")), SizeIs(1));
  ASSERT_THAT(Grant(WorkerOf("strong", "namespaces")), SizeIs(1));
  EXPECT_EQ(Run(second).sandbox, "namespaces");
}

TEST_F(SandboxBindingTest, AWorkerThatTellsNoSandboxGetsNoPrograms) {
  SubmitProgramming();
  EXPECT_THAT(Grant(WorkerOf("old", "")), IsEmpty());
}

TEST_F(SandboxBindingTest, RunsWithoutProgramsAreForAll) {
  const int64_t job = Submit(7);
  ASSERT_THAT(Grant(WorkerOf("weak", "rlimits")), SizeIs(1));
  EXPECT_THAT(Grant(WorkerOf("strong", "namespaces")), SizeIs(1));
  EXPECT_EQ(Run(job).sandbox, "");
  EXPECT_FALSE(Manifest(job).contains("sandbox"));
}

TEST_F(SandboxBindingTest, WorkersAreListedWithTheirSandbox) {
  ASSERT_TRUE(coordinator_.workers.Seen(WorkerOf("weak", "rlimits")).ok());
  EXPECT_EQ(coordinator_.workers.List().value().at(0).worker.sandbox, "rlimits");
}

}  // namespace
}  // namespace assay
