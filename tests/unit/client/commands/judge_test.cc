#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/benchmark/rubric.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class JudgeTest : public CommandsTest {
 protected:
  JudgeTest() {
    service_.submit_judge_job = [this](const v1::JudgeJobRequest& request,
                                       v1::SubmitJobResponse* response) {
      submitted_ = request;
      response->set_job_id(9);
      return grpc::Status::OK;
    };
  }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + name;
    std::ofstream(path) << text;
    return path;
  }

  v1::JudgeJobRequest submitted_;
};

TEST_F(JudgeTest, SubmitsWhatTheLineSays) {
  const std::string rubric = Write("rubric.txt", "Rate {answer}\n");
  EXPECT_EQ(Run({"judge", "7", "run:11", "--judge", "a,b", "--rubric", "coherence=" + rubric,
                 "--parser", "instructeval", "--limit", "2", "--template", "none", "--detach"}),
            kExitOk)
      << err_;
  EXPECT_EQ(out_, "9\n");
  EXPECT_THAT(submitted_.jobs(), ElementsAre(7));
  EXPECT_THAT(submitted_.runs(), ElementsAre(11));
  EXPECT_THAT(submitted_.judges(), ElementsAre("a", "b"));
  ASSERT_EQ(submitted_.criteria_size(), 2);
  EXPECT_EQ(submitted_.criteria(0).name(), "relevance");
  EXPECT_EQ(submitted_.criteria(0).rubric(), "");
  EXPECT_EQ(submitted_.criteria(1).name(), "coherence");
  EXPECT_EQ(submitted_.criteria(1).rubric(), "Rate {answer}\n");
  EXPECT_EQ(submitted_.grader(), "judge_instructeval");
  EXPECT_EQ(submitted_.settings().limit(), 2);
  EXPECT_EQ(submitted_.settings().prompt_template(), v1::PROMPT_TEMPLATE_NONE);
}

TEST_F(JudgeTest, JudgesAreAskedByTheirChatTemplateAndReadStrictly) {
  EXPECT_EQ(Run({"judge", "7", "--judge", "a", "--criteria", "relevance", "--detach"}), kExitOk);
  EXPECT_EQ(submitted_.settings().prompt_template(), v1::PROMPT_TEMPLATE_CHAT);
  EXPECT_EQ(submitted_.grader(), "judge_strict");
  EXPECT_EQ(submitted_.criteria_size(), 1);
}

TEST_F(JudgeTest, BadLinesAreRefused) {
  EXPECT_EQ(Run({"judge", "seven", "--judge", "a"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("\"seven\" is neither a job's number"));
  EXPECT_EQ(Run({"judge", "7"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("name the answers and a judge"));
  const std::string rubric = Write("bad.txt", "Rate {answer}\nby {word}\n");
  EXPECT_EQ(Run({"judge", "7", "--judge", "a", "--rubric", rubric}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("of which criterion? Write relevance=FILE"));
  EXPECT_EQ(Run({"judge", "7", "--judge", "a", "--criteria", "relevance", "--rubric", rubric}),
            kExitUsage);
  EXPECT_THAT(err_, HasSubstr("bad.txt:2: unknown placeholder \"{word}\""));
  EXPECT_EQ(Run({"judge", "7", "--judge", "a", "--parser", "lenient"}), kExitUsage);
}

TEST_F(JudgeTest, ShowsOurRubric) {
  EXPECT_EQ(RunAlone({"judge", "--show-rubric", "relevance"}), kExitOk);
  EXPECT_EQ(out_, DefaultRubric("relevance").value());
  EXPECT_EQ(RunAlone({"judge", "--show-rubric", "beauty"}), kExitNotFound);
}

TEST_F(JudgeTest, ResultsShowRatingsOnTheirScale) {
  service_.get_results = [](const v1::GetResultsRequest&, v1::GetResultsResponse* response) {
    v1::RunResult& result = *response->add_runs();
    *result.mutable_run() = MakeRun("impact", v1::STATE_COMPLETED, 4, 4);
    v1::RunSpec& spec = *result.mutable_run()->mutable_spec();
    spec.set_model_name("strict-judge");
    spec.set_judged_run(5);
    spec.set_judged_model("writer");
    for (const double value : {3.25, std::numeric_limits<double>::quiet_NaN()}) {
      v1::Metric& metric = *result.add_metrics();
      metric.set_name("relevance");
      metric.set_group(std::isnan(value) ? "creative" : "");
      metric.set_unit(v1::METRIC_UNIT_RATING);
      metric.set_value(value);
      metric.set_low(std::isnan(value) ? 1 : 2.5);
      metric.set_high(std::isnan(value) ? 5 : 4);
      if (std::isnan(value)) continue;
      metric.set_standard_error(0.25);
      metric.set_deviation(1.25);
      metric.set_items(3);
      metric.set_unparsable(1);
    }
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"results", "9", "--groups"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("answers of"));
  EXPECT_THAT(out_, HasSubstr("writer"));
  EXPECT_THAT(out_, HasSubstr("3.25 ± 0.25"));
  EXPECT_THAT(out_, HasSubstr("2.50–4.00"));
  EXPECT_THAT(out_, HasSubstr("1.25"));
  EXPECT_THAT(out_, Not(HasSubstr(" nan")));
  EXPECT_EQ(Run({"results", "9", "--format", "json"}), kExitOk);
  const auto run = nlohmann::json::parse(out_)["runs"][0];
  EXPECT_EQ(run["judged_model"], "writer");
  EXPECT_EQ(run["metrics"][0]["value"], 3.25);
  EXPECT_EQ(run["metrics"][0]["deviation"], 1.25);
  EXPECT_EQ(run["metrics"][0]["unit"], "rating");
  EXPECT_EQ(run["metrics"][0]["unparsable"], 1);
  EXPECT_TRUE(run["metrics"][1]["value"].is_null());
}

// A judge's ratings of the answers of run 5 to the items from 0 on.
v1::GetRunScoresResponse Ratings(int64_t run_id, const std::string& judge,
                                 const std::vector<double>& shares) {
  v1::GetRunScoresResponse run;
  v1::RunSpec& spec = *run.mutable_spec();
  spec.set_run_id(run_id);
  spec.set_job_id(9);
  spec.set_benchmark("impact");
  spec.set_model_name(judge);
  spec.set_judged_run(5);
  spec.mutable_settings()->set_protocol("judge-relevance");
  run.set_metric("relevance");
  run.set_unit(v1::METRIC_UNIT_RATING);
  run.add_groups("creative");
  for (size_t i = 0; i < shares.size(); ++i) {
    run.add_item_ordinal(i);
    run.add_sample_index(0);
    run.add_group(0);
    run.add_cluster(i);
    run.add_value(shares[i]);
    run.add_verdict(v1::VERDICT_RATED);
  }
  return run;
}

class AgreementTest : public CommandsTest {
 protected:
  AgreementTest() {
    service_.get_run_scores = [this](const v1::GetRunScoresRequest& request,
                                     v1::GetRunScoresResponse* response) {
      *response = runs_.at(request.run_id());
      return grpc::Status::OK;
    };
  }

  std::map<int64_t, v1::GetRunScoresResponse> runs_;
};

TEST_F(AgreementTest, TellsHowFarJudgesAgree) {
  runs_[1] = Ratings(1, "first", {0, 0.25, 0.5, 0.75, 1});
  runs_[2] = Ratings(2, "second", {0, 0.5, 0.25, 1, 0.75});
  EXPECT_EQ(Run({"agreement", "run:1", "run:2", "--format", "json"}), kExitOk) << err_;
  const auto document = nlohmann::json::parse(out_);
  ASSERT_EQ(document["agreements"].size(), 1u);
  const auto agreement = document["agreements"][0];
  EXPECT_EQ(agreement["criterion"], "relevance");
  EXPECT_EQ(agreement["answers"], 5);
  EXPECT_THAT(agreement["judges"], ElementsAre("first", "second"));
  const auto pair = agreement["pairs"][0];
  EXPECT_DOUBLE_EQ(pair["spearman"], 0.8);
  EXPECT_DOUBLE_EQ(pair["kendall"], 0.6);
  EXPECT_DOUBLE_EQ(pair["equal"], 0.2);
  EXPECT_DOUBLE_EQ(pair["difference"], 0);
  EXPECT_LE(pair["spearman_low"].get<double>(), 0.8);
  EXPECT_EQ(Run({"agreement", "run:1", "run:2", "--groups"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("creative"));
  EXPECT_THAT(out_, HasSubstr("0.800"));
}

TEST_F(AgreementTest, NeedsTwoJudgesOfTheSameAnswers) {
  runs_[1] = Ratings(1, "first", {0, 1});
  EXPECT_EQ(Run({"agreement", "run:1"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("there are no two judges of one criterion"));
  runs_[2] = Ratings(2, "first", {0, 1});
  EXPECT_EQ(Run({"agreement", "run:1", "run:2"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("runs 1 and 2 are both of judge first on the answers of run 5"));
}

}  // namespace
}  // namespace assay
