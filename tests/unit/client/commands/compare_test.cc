// The command that sets runs against each other.
#include <map>

#include "client/output/record_writer.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CompareTest : public CommandsTest {
 protected:
  CompareTest() {
    // Job 7 has the runs 11 and 12, on one benchmark each; job 8 has 21 and 22.
    service_.get_job = [this](const v1::GetJobRequest& request, v1::JobProgress* job) {
      for (const auto& [id, scores] : runs_) {
        if (scores.spec().job_id() == request.job_id())
          *job->add_runs()->mutable_spec() = scores.spec();
      }
      return job->runs().empty() ? grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no job")
                                 : grpc::Status::OK;
    };
    service_.get_run_scores = [this](const v1::GetRunScoresRequest& request,
                                     v1::GetRunScoresResponse* response) {
      const auto run = runs_.find(request.run_id());
      if (run == runs_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no run");
      *response = run->second;
      return grpc::Status::OK;
    };
    AddRun(11, 7, "mmlu", "tiny", "1101101101");
    AddRun(12, 7, "bbh", "tiny", "110011");
    AddRun(21, 8, "mmlu", "small", "1111111101");
    AddRun(22, 8, "bbh", "small", "111110");
  }

  // Items of two groups; a verdict is '1' or '0'.
  v1::GetRunScoresResponse& AddRun(int64_t run, int64_t job, const std::string& benchmark,
                                   const std::string& model, const std::string& verdicts) {
    v1::GetRunScoresResponse& scores = runs_[run];
    *scores.mutable_spec() = MakeRun(benchmark, v1::STATE_COMPLETED, 0, 0).spec();
    scores.mutable_spec()->set_run_id(run);
    scores.mutable_spec()->set_job_id(job);
    scores.mutable_spec()->set_model_name(model);
    scores.set_state(v1::STATE_COMPLETED);
    scores.set_metric("accuracy");
    scores.set_macro_average(benchmark == "bbh");
    scores.add_groups("first");
    scores.add_groups("second");
    for (size_t i = 0; i < verdicts.size(); ++i) {
      scores.add_item_ordinal(static_cast<int64_t>(i));
      scores.add_sample_index(0);
      scores.add_group(i < 4 ? 0 : 1);
      scores.add_cluster(static_cast<int32_t>(i));
      scores.add_value(verdicts[i] == '1' ? 1 : 0);
      scores.add_verdict(verdicts[i] == '1' ? v1::VERDICT_CORRECT : v1::VERDICT_WRONG);
      scores.add_answer_hash(verdicts[i] - '1');
    }
    return scores;
  }

  Json RunJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    EXPECT_EQ(Run(std::move(arguments)), kExitOk) << err_;
    return Json::parse(out_, nullptr, /*allow_exceptions=*/false);
  }

  std::map<int64_t, v1::GetRunScoresResponse> runs_;
};

TEST_F(CompareTest, JsonHasEveryBenchmarkOfBothJobs) {
  const Json document = RunJson({"compare", "7", "8"});
  ASSERT_EQ(document["comparisons"].size(), 2u);
  const Json& mmlu = document["comparisons"][0];
  EXPECT_EQ(mmlu["benchmark"], "mmlu");
  EXPECT_EQ(mmlu["items"], 10);
  EXPECT_EQ(mmlu["models"][0]["label"], "tiny");
  EXPECT_EQ(mmlu["models"][0]["value"], 0.7);
  EXPECT_EQ(mmlu["models"][1]["rank"], 1);
  const Json& pair = mmlu["pairs"][0];
  EXPECT_EQ(pair["first"], "tiny");
  EXPECT_EQ(pair["second_run_id"], 21);
  EXPECT_NEAR(pair["difference"].get<double>(), -0.2, 1e-12);
  EXPECT_EQ(pair["only_first"], 0);
  EXPECT_EQ(pair["only_second"], 2);
  EXPECT_EQ(pair["mcnemar_p"], 0.5);
  EXPECT_EQ(pair["permutation_p"], 0.5);
  EXPECT_EQ(pair["permutation_exact"], true);
  EXPECT_LT(pair["low"], pair["difference"]);
  EXPECT_GT(pair["high"], pair["difference"]);
  // (1/2 + 1) / 2 - (1 + 1/2) / 2, of groups of 4 and 2 items.
  const Json& bbh = document["comparisons"][1];
  EXPECT_EQ(bbh["macro_average"], true);
  EXPECT_EQ(bbh["models"][1]["value"], 0.75);
  EXPECT_EQ(bbh["pairs"][0]["difference"], 0.0);
}

// Also where both are right, or both are wrong.
TEST_F(CompareTest, ChangedAnswersAreCountedApartFromVerdicts) {
  runs_[11].set_answer_hash(0, 77);
  const Json pair = RunJson({"compare", "run:11", "run:21"})["comparisons"][0]["pairs"][0];
  EXPECT_EQ(pair["changed"], 3);
  EXPECT_EQ(pair["changed_share"], 0.3);
  EXPECT_EQ(pair["only_second"], 2);
  EXPECT_EQ(Run({"compare", "run:11", "run:21"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("3 (30.00%)"));
  // Of three runs, only what all of them have.
  AddRun(31, 9, "mmlu", "large", "01");
  const Json common = RunJson({"compare", "run:11", "run:21", "run:31", "--common"});
  EXPECT_EQ(common["comparisons"][0]["pairs"][0]["changed"], 1);
  runs_[11].clear_answer_hash();
  EXPECT_EQ(RunJson({"compare", "run:11", "run:21"})["comparisons"][0]["pairs"][0]["changed"],
            nullptr);
}

TEST_F(CompareTest, TheSameSeedGivesTheSameAnswer) {
  const Json first = RunJson({"compare", "7", "8"});
  EXPECT_EQ(first, RunJson({"compare", "7", "8"}));
  EXPECT_EQ(first["seed"], 1);
}

TEST_F(CompareTest, TableShowsModelsAndPairs) {
  EXPECT_EQ(Run({"compare", "run:11", "run:21"}), kExitOk);
  EXPECT_THAT(out_,
              StartsWith("mmlu, protocol instructeval version 1: accuracy, mean of 10 items\n"));
  EXPECT_THAT(out_, HasSubstr("70.00"));
  EXPECT_THAT(out_, HasSubstr("-20.00"));
  EXPECT_THAT(out_, HasSubstr("0.5000"));
  EXPECT_THAT(out_, Not(HasSubstr("bbh")));
}

TEST_F(CompareTest, CsvHasALineForEachPair) {
  AddRun(31, 9, "mmlu", "large", "1111111111");
  EXPECT_EQ(Run({"compare", "7", "8", "run:31", "--benchmark", "mmlu", "--format", "csv"}),
            kExitOk);
  EXPECT_THAT(
      out_, StartsWith("benchmark,metric,items,first_run_id,first,second_run_id,second,"
                       "difference,standard_error,low,high,bootstrap_low,bootstrap_high,"
                       "changed,changed_share,only_first,only_second,mcnemar_p,mcnemar_corrected_p,"
                       "mcnemar_holm_p,permutation_p,permutation_exact,"
                       "permutation_holm_p\r\nmmlu,accuracy,10,11,tiny,21,small,"));
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 4);
}

TEST_F(CompareTest, RunsOfOneModelAreToldApartByTheirShots) {
  runs_[21].mutable_spec()->set_model_name("tiny");
  runs_[21].mutable_spec()->mutable_settings()->set_shots(0);
  const Json document = RunJson({"compare", "run:11", "run:21"});
  EXPECT_EQ(document["comparisons"][0]["pairs"][0]["first"], "tiny 5-shot");
  EXPECT_EQ(document["comparisons"][0]["pairs"][0]["second"], "tiny 0-shot");
  runs_[21].mutable_spec()->mutable_settings()->set_shots(5);
  EXPECT_EQ(RunJson({"compare", "run:11", "run:21"})["comparisons"][0]["models"][1]["label"],
            "tiny run:21");
}

TEST_F(CompareTest, SamplesOfAnItemCountAsTheirMean) {
  v1::GetRunScoresResponse& scores = runs_[11];
  scores.add_item_ordinal(9);
  scores.add_sample_index(1);
  scores.add_group(1);
  scores.add_cluster(9);
  scores.add_value(0);
  scores.add_verdict(v1::VERDICT_WRONG);
  scores.add_answer_hash(0);
  const Json comparison = RunJson({"compare", "run:11", "run:21"})["comparisons"][0];
  EXPECT_EQ(comparison["items"], 10);
  EXPECT_EQ(comparison["models"][0]["value"], 0.65);
  // No test of verdicts where there are halves.
  EXPECT_EQ(comparison["pairs"][0]["mcnemar_p"], nullptr);
  EXPECT_EQ(comparison["pairs"][0]["only_first"], nullptr);
  EXPECT_NE(comparison["pairs"][0]["permutation_p"], nullptr);
}

TEST_F(CompareTest, SharedPassagesWidenTheInterval) {
  const Json apart = RunJson({"compare", "run:11", "run:21"})["comparisons"][0]["models"][0];
  for (auto* run : {&runs_[11], &runs_[21]}) {
    for (int i = 0; i < run->cluster_size(); ++i) run->set_cluster(i, i / 5);
  }
  const Json together = RunJson({"compare", "run:11", "run:21"})["comparisons"][0]["models"][0];
  EXPECT_EQ(apart["value"], together["value"]);
  EXPECT_LT(together["low"], apart["low"]);
}

TEST_F(CompareTest, DifferentItemsAreRefusedUnlessOnlyTheCommonCount) {
  AddRun(31, 9, "mmlu", "large", "11111").set_state(v1::STATE_RUNNING);
  EXPECT_EQ(Run({"compare", "run:11", "run:31"}), kExitUsage);
  EXPECT_EQ(out_, "");
  EXPECT_THAT(err_, HasSubstr("run 31 (job 9, large) has 5 (running)"));
  EXPECT_THAT(err_, HasSubstr("5 are in all of them, --common"));
  EXPECT_EQ(RunJson({"compare", "run:11", "run:31", "--common"})["comparisons"][0]["items"], 5);
}

TEST_F(CompareTest, WhatIsNotAlikeIsRefused) {
  runs_[21].mutable_spec()->mutable_settings()->set_protocol("lm-eval");
  EXPECT_EQ(Run({"compare", "7", "8"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("mmlu: run 11 (job 7, tiny) and run 21 (job 8, small) cannot be "
                              "compared: the protocol of one is instructeval version 1, of the "
                              "other lm-eval version 1"));
  runs_[21].mutable_spec()->mutable_settings()->set_protocol("instructeval");
  runs_[21].mutable_spec()->set_dataset_sha256(std::string(64, 'e'));
  EXPECT_EQ(Run({"compare", "7", "8"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("mmlu with sha256 ddd"));
  EXPECT_THAT(err_, HasSubstr("mmlu with sha256 eee"));
}

TEST_F(CompareTest, NamesThatAreNone) {
  EXPECT_EQ(Run({"compare", "7", "x"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("\"x\" is neither a job's number (7) nor a run's (run:11)"));
  EXPECT_EQ(Run({"compare", "7", "run:12"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("run 12 is named twice"));
  EXPECT_EQ(Run({"compare", "7", "99"}), kExitNotFound);
  EXPECT_EQ(Run({"compare", "7", "run:99"}), kExitNotFound);
  EXPECT_EQ(Run({"compare", "run:11", "run:22"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("only run 11 is of mmlu: left out"));
  EXPECT_THAT(err_, HasSubstr("no two runs of one benchmark"));
  EXPECT_EQ(Run({"compare"}), kExitUsage);
}

TEST_F(CompareTest, AnAnswerThatDoesNotFitTogetherIsAnError) {
  runs_[11].add_item_ordinal(77);
  EXPECT_EQ(Run({"compare", "run:11", "run:21"}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("do not fit together"));
}

}  // namespace
}  // namespace assay
