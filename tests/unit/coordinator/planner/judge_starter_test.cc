#include "coordinator/planner/judge_starter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "common/benchmark/impact.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

class JudgeStarterTest : public CoordinatorTest {
 protected:
  JudgeStarterTest() {
    const std::vector<SourceFile> files = {
        {"tasks.csv", "Category,Definition,Prompt\nA,Write.,One.\nB,Write.,Two.\n"}};
    DatasetInfo info;
    info.benchmark = info.name = "impact";
    info.sha256 = DatasetDigest(files);
    info.items = info.groups = 2;
    EXPECT_TRUE(coordinator_.datasets.Import(info, ImpactBenchmark().Parse(files).value()).ok());
    EXPECT_TRUE(coordinator_.models.Add(SampleModel("judge")).ok());
    request_.judges = {"judge"};
    request_.criteria = {{"relevance", "Rate {answer}\n"}, {"coherence", ""}};
    request_.grader = "judge_instructeval";
    request_.settings.prompt_template = PromptTemplate::kChat;
    request_.settings.precision = Precision::kFloat32;
    request_.settings.sampling = {.temperature = 0.5, .top_p = 0.9, .top_k = 3, .seed = 4};
    request_.shard_items = 1;
  }

  std::vector<PlannedRun> PlanAnswers(std::vector<std::string> datasets = {"impact"}) {
    return coordinator_.planner.Plan({{"tiny"}, std::move(datasets), {}, 10}).value();
  }

  int64_t SubmitAnswers(std::vector<std::string> datasets = {"impact"}) {
    std::vector<PlannedRun> planned = PlanAnswers(std::move(datasets));
    std::vector<NewRun> runs;
    for (PlannedRun& run : planned) runs.push_back(std::move(run.run));
    return coordinator_.jobs.Submit(runs, {}, &request_).value();
  }

  void Answer() {
    const Lease lease = GrantOne();
    EXPECT_EQ(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).value(),
              CommitOutcome::kAccepted);
  }

  int CloseReady() {
    return JudgeStarter::CloseReady(orders_, coordinator_.planner, [this] { ++submitted_; })
        .value();
  }

  JobProgress Job(int64_t id) { return coordinator_.jobs.Get(id).value(); }

  JudgeOrderStore orders_{&coordinator_.database};
  JudgeRequest request_;
  int submitted_ = 0;
};

TEST_F(JudgeStarterTest, JudgesAreAskedOnceAsSoonAsTheAnswersAreThere) {
  const int64_t answers = SubmitAnswers();
  EXPECT_TRUE(Job(answers).awaits_judges);
  EXPECT_EQ(CloseReady(), 0);
  Answer();
  EXPECT_EQ(CloseReady(), 1);
  EXPECT_EQ(CloseReady(), 0);
  EXPECT_EQ(submitted_, 1);
  const JobProgress job = Job(answers);
  EXPECT_FALSE(job.awaits_judges);
  EXPECT_EQ(job.judge_error, "");
  const JobProgress judging = Job(job.judge_job);
  ASSERT_EQ(judging.runs.size(), 2u);
  for (const RunProgress& run : judging.runs) {
    EXPECT_EQ(run.spec.model_name, "judge");
    EXPECT_EQ(run.spec.judged_run, job.runs[0].spec.run_id);
    const RunSettings& settings = run.spec.settings;
    EXPECT_EQ(settings.prompt_template, PromptTemplate::kChat);
    EXPECT_EQ(settings.precision, Precision::kFloat32);
    EXPECT_EQ(settings.sampling.temperature, 0.5);
    EXPECT_EQ(settings.sampling.top_p, 0.9);
    EXPECT_EQ(settings.sampling.top_k, 3);
    EXPECT_EQ(settings.sampling.seed, 4);
  }
  EXPECT_EQ(judging.runs[0].spec.settings.protocol, "judge-relevance-instructeval");
  EXPECT_EQ(judging.runs[1].spec.settings.protocol, "judge-coherence-instructeval");
  EXPECT_EQ(Query("SELECT string_agg(rubric, '' ORDER BY run_id) LIKE 'Rate {answer}%' FROM runs "
                  "WHERE judged_run IS NOT NULL"),
            "t");
  EXPECT_EQ(Query("SELECT count(*) FROM shards JOIN runs USING (run_id) "
                  "WHERE judged_run IS NOT NULL"),
            "4");
}

TEST_F(JudgeStarterTest, OfTwoCoordinatorsOneSubmits) {
  const int64_t answers = SubmitAnswers();
  Answer();
  JudgeRequest request = request_;
  request.jobs = {answers};
  std::vector<PlannedRun> planned = coordinator_.planner.PlanJudges(request).value();
  std::vector<NewRun> runs;
  for (PlannedRun& run : planned) runs.push_back(std::move(run.run));
  EXPECT_TRUE(orders_.Submit(answers, runs).value().has_value());
  EXPECT_FALSE(orders_.Submit(answers, runs).value().has_value());
  EXPECT_TRUE(orders_.Refuse(answers, "too late").ok());
  EXPECT_EQ(Job(answers).judge_error, "");
}

TEST_F(JudgeStarterTest, WhatCannotBeJudgedSaysWhy) {
  const int64_t cancelled = SubmitAnswers();
  ASSERT_TRUE(coordinator_.jobs.Cancel(cancelled).ok());
  const int64_t failed = SubmitAnswers();
  const Lease lease = GrantOne();
  ASSERT_TRUE(coordinator_.leases.FailWholeRun(lease.key, "the files changed").ok());
  EXPECT_EQ(CloseReady(), 2);
  EXPECT_EQ(submitted_, 0);
  EXPECT_THAT(Job(cancelled).judge_error, HasSubstr("was cancelled"));
  EXPECT_THAT(Job(failed).judge_error, HasSubstr("all of them failed"));
}

TEST_F(JudgeStarterTest, RunsWithVerdictsAreLeftAlone) {
  const int64_t answers = SubmitAnswers({"impact", "bbh"});
  Answer();
  EXPECT_EQ(CloseReady(), 0);
  for (int i = 0; i < 2; ++i) Answer();
  EXPECT_EQ(CloseReady(), 1);
  EXPECT_EQ(Job(Job(answers).judge_job).runs.size(), 2u);
}

TEST_F(JudgeStarterTest, WhatIsKnownToFailIsRefusedBefore) {
  const auto error = [this](const JudgeRequest& request, std::vector<std::string> datasets) {
    return std::string(
        coordinator_.planner.CheckJudges(request, PlanAnswers(std::move(datasets))).message());
  };
  EXPECT_EQ(error(request_, {"impact"}), "");
  EXPECT_THAT(error(request_, {"bbh"}), HasSubstr("none of the benchmarks has answers for judges"));
  JudgeRequest request = request_;
  request.judges = {"nobody"};
  EXPECT_THAT(error(request, {"impact"}), HasSubstr("nobody"));
  request = request_;
  request.criteria = {{"charm", ""}};
  EXPECT_THAT(error(request, {"impact"}), HasSubstr("no criterion \"charm\""));
  request = request_;
  request.criteria = {{"relevance", "Rate it"}};
  EXPECT_THAT(error(request, {"impact"}), HasSubstr("rubric of relevance"));
  request = request_;
  request.criteria.clear();
  EXPECT_THAT(error(request, {"impact"}), HasSubstr("no criterion"));
}

TEST_F(JudgeStarterTest, TheStarterLooksByItself) {
  const int64_t answers = SubmitAnswers();
  Answer();
  absl::Notification submitted;
  JudgeStarter starter(&orders_, &coordinator_.planner, [&submitted] { submitted.Notify(); });
  EXPECT_TRUE(submitted.WaitForNotificationWithTimeout(absl::Seconds(20)));
  starter.Stop();
  starter.Stop();
  EXPECT_NE(Job(answers).judge_job, 0);
}

}  // namespace
}  // namespace assay
