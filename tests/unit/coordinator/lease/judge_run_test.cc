// Runs that judge the answers of another: planned, leased with the answers, graded with them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/sha256.h"
#include "common/benchmark/impact.h"
#include "common/benchmark/rubric.h"
#include "common/scoring/metrics.h"
#include "tests/support/postgres/coordinator_fixture.h"

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kTasks[] =
    "Category,Definition,Prompt\nA,Write.,One.\nA,Write.,Two.\nB,Write.,Three.\nB,Write.,Four.\n";

class JudgeRunTest : public CoordinatorTest {
 protected:
  JudgeRunTest() {
    const std::vector<SourceFile> files = {{"tasks.csv", kTasks}};
    DatasetInfo info;
    info.benchmark = info.name = "impact";
    info.sha256 = DatasetDigest(files);
    info.items = 4;
    info.groups = 2;
    EXPECT_TRUE(coordinator_.datasets.Import(info, ImpactBenchmark().Parse(files).value()).ok());
    EXPECT_TRUE(coordinator_.models.Add(SampleModel("judge")).ok());
  }

  int64_t SubmitPlanned(const std::vector<PlannedRun>& planned) {
    std::vector<NewRun> runs;
    for (const PlannedRun& run : planned) runs.push_back(run.run);
    return coordinator_.jobs.Submit(runs).value();
  }

  int64_t SubmitAnswers(RunSettings settings = {}) {
    return SubmitPlanned(coordinator_.planner.Plan({{"tiny"}, {"impact"}, settings, 10}).value());
  }

  // The four answers; those of "A" are there, the third is empty, the fourth could not be had.
  int64_t Answer() {
    const int64_t job = SubmitAnswers();
    const Lease lease = GrantOne();
    std::vector<Prediction> predictions = RightAnswers(lease);
    predictions[0].output = "First text.";
    predictions[1].output = "Second text.";
    predictions[2].output = " \n";
    predictions[3] = Prediction();
    predictions[3].item_id = lease.items[3].id;
    predictions[3].error = "out of memory";
    EXPECT_EQ(coordinator_.leases.Commit(lease.key, predictions).value(), CommitOutcome::kAccepted);
    return job;
  }

  JudgeRequest Judging(int64_t job) {
    JudgeRequest request;
    request.jobs = {job};
    request.judges = {"judge"};
    request.criteria = {{"relevance", ""}};
    request.shard_items = 10;
    return request;
  }

  std::string PlanError(const JudgeRequest& request) {
    return std::string(coordinator_.planner.PlanJudges(request).status().message());
  }

  // Leases the judge's items and answers each with the reply of its place.
  Lease Reply(const std::vector<std::string>& replies) {
    Lease lease = GrantOne();
    std::vector<Prediction> predictions = RightAnswers(lease);
    for (size_t i = 0; i < replies.size(); ++i) predictions[i].output = replies[i];
    EXPECT_EQ(coordinator_.leases.Commit(lease.key, predictions).value(), CommitOutcome::kAccepted);
    return lease;
  }

  std::string Verdicts(int64_t run_id) {
    return Query(
        absl::StrCat("SELECT string_agg(verdict, ',' ORDER BY item_ordinal) FROM scores "
                     "WHERE run_id = ",
                     run_id));
  }
};

TEST_F(JudgeRunTest, AnswersHaveNoVerdictButTheEmptyOneIsCounted) {
  const int64_t job = Answer();
  EXPECT_EQ(Verdicts(Run(job).spec.run_id), "ungraded,ungraded,unanswered,error");
  const StoredResult result = coordinator_.jobs.Results(job).value().at(0);
  ASSERT_EQ(result.groups.size(), 2u);
  EXPECT_EQ(result.groups[1].unanswered, 1);
  EXPECT_EQ(result.groups[1].errors, 1);
}

TEST_F(JudgeRunTest, TheJudgeIsAskedWithTheStoredAnswersAndRatesThem) {
  const RunSpec judged = Run(Answer()).spec;
  const std::vector<PlannedRun> planned =
      coordinator_.planner.PlanJudges(Judging(judged.job_id)).value();
  ASSERT_EQ(planned.size(), 1u);
  EXPECT_EQ(planned[0].items, 4);
  EXPECT_THAT(planned[0].first_prompt, HasSubstr("Write. One."));
  EXPECT_THAT(planned[0].first_prompt, HasSubstr("First text."));
  const auto manifest = nlohmann::json::parse(planned[0].run.manifest_json);
  const std::string ours(DefaultRubric("relevance").value());
  EXPECT_EQ(manifest["judging"]["rubric"], ours);
  EXPECT_EQ(manifest["judging"]["rubric_sha256"], Sha256Hex(ours));
  EXPECT_EQ(manifest["judging"]["judged_run"], judged.run_id);

  const int64_t job = SubmitPlanned(planned);
  const RunSpec spec = Run(job).spec;
  EXPECT_EQ(spec.judged_run, judged.run_id);
  EXPECT_EQ(spec.judged_model, "tiny");
  EXPECT_EQ(spec.model_name, "judge");
  EXPECT_EQ(spec.settings.protocol, "judge-relevance");

  const Lease lease = Reply({"Rating: 4", "no idea", "5", "5"});
  EXPECT_EQ(lease.items[1].fields.at(kAnswerField), "Second text.");
  EXPECT_EQ(lease.items[1].fields.at("prompt"), "Two.");
  EXPECT_EQ(lease.items[3].fields.at(kAnswerErrorField), "out of memory");
  EXPECT_EQ(Verdicts(spec.run_id), "rated,unparsable,unanswered,error");

  const StoredResult result = coordinator_.jobs.Results(job).value().at(0);
  EXPECT_EQ(result.run.state, State::kCompleted);
  const ImpactBenchmark benchmark;
  const Metric metric =
      ComputeMetrics(benchmark, **benchmark.FindProtocol(spec.settings.protocol), result.groups)
          .front();
  EXPECT_EQ(metric.value, 4);
  EXPECT_EQ(metric.items, 1);
  EXPECT_EQ(metric.unparsable, 1);
  EXPECT_EQ(metric.unanswered, 1);
  EXPECT_EQ(metric.errors, 1);
}

TEST_F(JudgeRunTest, EveryJudgeRatesEveryCriterionOfEveryRun) {
  JudgeRequest request = Judging(Answer());
  request.runs = {Run(request.jobs[0]).spec.run_id};  // once more: the same run
  request.judges = {"judge", "tiny"};
  request.criteria = {{"relevance", ""}, {"coherence", "<{answer}>"}};
  request.settings.limit = 1;
  const std::vector<PlannedRun> planned = coordinator_.planner.PlanJudges(request).value();
  ASSERT_EQ(planned.size(), 4u);
  std::vector<std::string> what;
  for (const PlannedRun& run : planned) {
    what.push_back(run.run.spec.model_name + " " + run.run.spec.settings.protocol);
    EXPECT_EQ(run.items, 2);
  }
  EXPECT_THAT(what, ElementsAre("judge judge-relevance", "judge judge-coherence",
                                "tiny judge-relevance", "tiny judge-coherence"));
  EXPECT_EQ(planned[1].first_prompt, "<First text.>");
  EXPECT_THAT(planned[1].run.manifest_json, Not(HasSubstr("How coherent")));
}

TEST_F(JudgeRunTest, RepliesAreReadAsTheReferenceDoesWhereThatIsAskedFor) {
  JudgeRequest request = Judging(Answer());
  request.grader = "judge_instructeval";
  const int64_t job = SubmitPlanned(coordinator_.planner.PlanJudges(request).value());
  EXPECT_EQ(Run(job).spec.settings.protocol, "judge-relevance-instructeval");
  Reply({"4 of 5, I think: 3", "no idea", "2", "2"});
  EXPECT_EQ(Verdicts(Run(job).spec.run_id), "rated,rated,rated,error");
}

TEST_F(JudgeRunTest, OnlyAnswersThatAreThereAreJudged) {
  const int64_t job = SubmitAnswers();
  EXPECT_THAT(PlanError(Judging(job)),
              HasSubstr("is pending; its answers can be judged when it has completed"));
  EXPECT_EQ(coordinator_.planner.PlanJudges(Judging(job)).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(PlanError(Judging(999)), HasSubstr("there is no job 999"));
  const int64_t bbh = Submit(100);
  EXPECT_THAT(PlanError(Judging(bbh)), HasSubstr("has no run whose answers are for judges"));
  JudgeRequest request = Judging(bbh);
  request.jobs = {};
  request.runs = {Run(bbh).spec.run_id};
  EXPECT_THAT(PlanError(request), HasSubstr("whose answers are not for judges"));
  RunSettings settings;
  settings.protocol = "judge-coherence";
  EXPECT_THAT(coordinator_.planner.Plan({{"tiny"}, {"impact"}, settings, 1}).status().message(),
              HasSubstr("rates the answers of another run; submit it by `assay judge`"));
}

TEST_F(JudgeRunTest, BadRequestsAreRefused) {
  const int64_t job = Answer();
  JudgeRequest request = Judging(job);
  request.criteria = {{"beauty", ""}};
  EXPECT_THAT(PlanError(request),
              HasSubstr("no criterion \"beauty\"; there are: coherence, relevance"));
  request = Judging(job);
  request.criteria[0].rubric = "Rate it!";
  EXPECT_THAT(PlanError(request), HasSubstr("rubric of relevance: the rubric has no {answer}"));
  request = Judging(job);
  request.grader = "hhh";
  EXPECT_THAT(PlanError(request), HasSubstr("there are: judge_instructeval, judge_strict"));
  request = Judging(job);
  request.judges = {"nobody"};
  EXPECT_TRUE(absl::IsNotFound(coordinator_.planner.PlanJudges(request).status()));
  request = Judging(job);
  request.settings.sampling.samples = 2;
  EXPECT_THAT(PlanError(request), HasSubstr("several samples of a judge"));
}

// The last item of an error that no worker could avoid.
TEST_F(JudgeRunTest, AnItemThatTheJudgeCannotRateIsMarkedAndTheRunGoesOn) {
  const int64_t job = SubmitPlanned(coordinator_.planner.PlanJudges(Judging(Answer())).value());
  const Lease lease = GrantOne();
  std::vector<Prediction> predictions = RightAnswers(lease);
  for (Prediction& prediction : predictions) prediction.output = std::string("2");
  predictions[1] = Prediction();
  predictions[1].item_id = lease.items[1].id;
  predictions[1].error = "the endpoint did not answer within 60 s, 5 times";
  EXPECT_EQ(coordinator_.leases.Commit(lease.key, predictions).value(), CommitOutcome::kAccepted);
  EXPECT_EQ(Run(job).state, State::kCompleted);
  EXPECT_EQ(Run(job).items_failed, 1);
  EXPECT_EQ(Verdicts(Run(job).spec.run_id), "rated,error,unanswered,error");
}

}  // namespace
}  // namespace assay
