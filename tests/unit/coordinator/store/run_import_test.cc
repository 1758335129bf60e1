#include "coordinator/store/run_import.h"

#include <gtest/gtest.h>

#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

class RunImportTest : public CoordinatorTest {
 protected:
  // A completed run of the sample data set with the right answer to its first question.
  RunProgress ARun() {
    RunProgress run;
    run.spec.benchmark = run.spec.dataset_name = "bbh";
    run.spec.dataset_sha256 = SampleInfo().sha256;
    run.spec.model_name = "tiny";
    run.spec.settings.protocol = "instructeval";
    run.spec.settings.protocol_version = 1;
    run.spec.settings.shots = 3;
    run.state = State::kCompleted;
    run.engine = "1/avx2";
    run.grader = "starts_with";
    run.grader_version = 1;
    run.origin_json = "{}";
    return run;
  }

  absl::StatusOr<ImportResult> Import(const RunProgress& run, absl::Time submitted,
                                      absl::Time committed) {
    auto import = RunImport::Begin(&coordinator_.database, submitted, now_);
    EXPECT_TRUE(import.ok()) << import.status();
    EXPECT_TRUE((*import)->AddRun(run, "{}").ok());
    const Item item = SampleItems()[3];
    const ImportedItem imported = {
        item.ordinal, RightAnswer(item), {{"starts_with", 1, Verdict::kCorrect, ""}}, committed};
    EXPECT_TRUE((*import)->AddPredictions({imported}).ok());
    return (*import)->Commit();
  }

  std::string Committed() {
    return Query(
        "SELECT to_char(committed AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') "
        "FROM predictions");
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
};

TEST_F(RunImportTest, WhatHasNoTimeIsOfNow) {
  const auto result = Import(ARun(), absl::InfinitePast(), absl::InfinitePast());
  ASSERT_TRUE(result.ok()) << result.status();
  const JobProgress job = coordinator_.jobs.Get(result->job_id).value();
  EXPECT_EQ(job.submitted, now_);
  EXPECT_EQ(job.runs[0].started, now_);
  EXPECT_EQ(job.runs[0].finished, now_);
  EXPECT_EQ(job.runs[0].items_done, 1);
  EXPECT_EQ(Committed(), "2023-11-14 22:13:20");
}

TEST_F(RunImportTest, TimesAndTheSandboxThatAreTold) {
  RunProgress run = ARun();
  run.sandbox = "rlimits";
  run.started = now_ - absl::Hours(3);
  run.finished = now_ - absl::Hours(2);
  const auto result = Import(run, now_ - absl::Hours(4), now_ - absl::Hours(1));
  ASSERT_TRUE(result.ok()) << result.status();
  const JobProgress job = coordinator_.jobs.Get(result->job_id).value();
  EXPECT_EQ(job.submitted, now_ - absl::Hours(4));
  EXPECT_EQ(job.runs[0].started, run.started);
  EXPECT_EQ(job.runs[0].finished, run.finished);
  EXPECT_EQ(job.runs[0].sandbox, "rlimits");
  EXPECT_EQ(Committed(), "2023-11-14 21:13:20");
}

}  // namespace
}  // namespace assay
