// The commands that show what came out: results and predictions.
#include "client/output/record_writer.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ResultsTest : public CommandsTest {
 protected:
  ResultsTest() {
    service_.get_results = [](const auto&, v1::GetResultsResponse* response) {
      v1::RunResult& result = *response->add_runs();
      *result.mutable_run() = MakeRun("mmlu", v1::STATE_COMPLETED, 40, 40);
      result.set_manifest_json(R"({"model": {"name": "tiny"}, "shots": 5})");
      for (const char* group : {"", "astronomy", "category:STEM"}) {
        v1::Metric& metric = *result.add_metrics();
        metric.set_name("accuracy");
        metric.set_group(group);
        metric.set_value(0.25);
        metric.set_items(40);
        if (std::string(group) != "astronomy") {
          metric.set_low(0.125);
          metric.set_high(0.5);
        }
      }
      *response->add_runs()->mutable_run() = MakeRun("bbh", v1::STATE_PENDING, 0, 30);
      return grpc::Status::OK;
    };
  }
};

TEST_F(ResultsTest, TableShowsTheWholeAndTheCategories) {
  EXPECT_EQ(Run({"results", "7"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("all            accuracy  25.00 ± 0.00"));
  EXPECT_THAT(out_, HasSubstr("95% interval"));
  EXPECT_THAT(out_, HasSubstr("12.50–50.00"));
  EXPECT_THAT(out_, HasSubstr("category:STEM"));
  EXPECT_THAT(out_, Not(HasSubstr("astronomy")));
  EXPECT_THAT(out_, HasSubstr("bbh        tiny   instructeval      5  bfloat16   pending"));
  EXPECT_EQ(Run({"results", "7", "--groups"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("astronomy"));
}

TEST_F(ResultsTest, JsonAndCsvHaveEverything) {
  EXPECT_EQ(Run({"results", "7", "--format", "json"}), kExitOk);
  const Json document = Json::parse(out_);
  EXPECT_EQ(document["job_id"], 7);
  const Json& run = document["runs"][0];
  EXPECT_EQ(run["shots"], 5);
  EXPECT_EQ(run["metrics"].size(), 3u);
  EXPECT_EQ(run["metrics"][1]["group"], "astronomy");
  EXPECT_EQ(run["metrics"][1]["value"], 0.25);
  EXPECT_EQ(run["metrics"][1]["low"], nullptr);
  EXPECT_EQ(run["metrics"][0]["low"], 0.125);
  EXPECT_EQ(run["metrics"][0]["high"], 0.5);
  EXPECT_EQ(run["manifest"]["model"]["name"], "tiny");
  EXPECT_EQ(run["started"], nullptr);
  EXPECT_EQ(Run({"results", "7", "--format", "csv"}), kExitOk);
  EXPECT_THAT(out_,
              StartsWith("run_id,dataset,benchmark,model,judged_model,judged_run,protocol,"
                         "protocol_version,shots,precision,limit,state,group,metric,value,"
                         "deviation,standard_error,items,errors,unanswered,unparsable,low,"
                         "high,settings,prompt_template,system_prompt,bos,temperature,top_p,"
                         "top_k,seed,samples\r\n"
                         "11,mmlu,mmlu,tiny,,,instructeval,1,5,bfloat16,0,completed,,accuracy,"
                         "0.25,,0.0,40,0,0,0,0.125,0.5,,none,,default,0.0,1.0,0,0,1\r\n"
                         "11,mmlu,mmlu,tiny,,,instructeval,1,5,bfloat16,0,completed,astronomy,"
                         "accuracy,0.25,,0.0,40,0,0,0,,,,none,,default,0.0,1.0,0,0,1\r\n"));
}

TEST_F(ResultsTest, AWeakSandboxIsNamed) {
  std::string sandbox = "namespaces";
  service_.get_results = [&sandbox](const auto&, v1::GetResultsResponse* response) {
    v1::RunProgress& run = *response->add_runs()->mutable_run();
    run = MakeRun("human_eval", v1::STATE_COMPLETED, 4, 4);
    run.set_sandbox(sandbox);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"results", "7"}), kExitOk);
  EXPECT_THAT(out_, Not(HasSubstr("sandbox")));
  sandbox = "rlimits";
  EXPECT_EQ(Run({"results", "7"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("ran its programs in the sandbox rlimits, which protects less"));
  EXPECT_EQ(Run({"results", "7", "--format", "json"}), kExitOk);
  EXPECT_EQ(Json::parse(out_)["runs"][0]["sandbox"], "rlimits");
}

TEST_F(ResultsTest, TablesShowSettingsThatAreNotTheDefaults) {
  EXPECT_EQ(Run({"results", "7"}), kExitOk);
  EXPECT_THAT(out_, Not(HasSubstr("settings")));
  service_.get_results = [](const v1::GetResultsRequest& request,
                            v1::GetResultsResponse* response) {
    EXPECT_THAT(std::vector<int64_t>(request.k().begin(), request.k().end()),
                testing::ElementsAre(2, 5));
    v1::RunProgress& run = *response->add_runs()->mutable_run();
    run = MakeRun("bbh", v1::STATE_PENDING, 0, 30);
    v1::RunSettings& settings = *run.mutable_spec()->mutable_settings();
    settings.set_prompt_template(v1::PROMPT_TEMPLATE_CHAT);
    settings.mutable_sampling()->set_temperature(0.5);
    settings.mutable_sampling()->set_samples(10);
    settings.mutable_sampling()->set_seed(3);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"results", "--k", "2,5", "7"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("template chat; 10 samples at temperature 0.5, seed 3"));
}

TEST_F(ResultsTest, PrintsTheManifest) {
  EXPECT_EQ(Run({"results", "7", "--manifest"}), kExitOk);
  const Json document = Json::parse(out_);
  EXPECT_EQ(document["runs"][0]["run_id"], 11);
  EXPECT_EQ(document["runs"][0]["manifest"]["shots"], 5);
}

class PredictionsTest : public CommandsTest {
 protected:
  PredictionsTest() {
    service_.list_predictions = [this](const v1::ListPredictionsRequest& request,
                                       v1::ListPredictionsResponse* response) {
      requests_.push_back(request);
      int start = 0;
      if (!request.page_token().empty()) start = std::stoi(request.page_token());
      int end = std::min(start + request.page_size(), total_);
      for (int i = start; i < end; ++i) *response->add_predictions() = Make(i);
      if (end < total_) response->set_next_page_token(std::to_string(end));
      return grpc::Status::OK;
    };
  }

  static v1::GradedPrediction Make(int i) {
    v1::GradedPrediction graded;
    graded.set_run_id(11);
    graded.set_benchmark("mmlu");
    graded.set_model("tiny");
    graded.set_group("logic");
    graded.set_target("A");
    graded.mutable_score()->set_grader("starts_with");
    graded.mutable_score()->set_grader_version(1);
    graded.mutable_score()->set_verdict(i % 2 == 0 ? v1::VERDICT_CORRECT : v1::VERDICT_WRONG);
    v1::Prediction& prediction = *graded.mutable_prediction();
    prediction.set_item_id("mmlu/logic/" + std::to_string(i));
    prediction.set_prompt("Is it?\nAnswer:");
    prediction.set_prompt_tokens(713);
    prediction.set_cached_tokens(640);
    prediction.set_shots_used(4);
    prediction.set_truncated(i == 1);
    prediction.set_output(i == 1 ? "B\n\\\x1b[2J" : " A");
    prediction.add_output_token_ids(330);
    prediction.set_finish_reason(v1::FINISH_REASON_LENGTH);
    graded.add_choices("A");
    graded.add_choices("B");
    prediction.add_choice_loglikelihoods(-1.25);
    prediction.add_choice_loglikelihoods(-0.5);
    return graded;
  }

  int total_ = 2;
  std::vector<v1::ListPredictionsRequest> requests_;
};

TEST_F(PredictionsTest, TableIsALineEach) {
  service_.list_predictions = [](const auto&, v1::ListPredictionsResponse* response) {
    for (int i = 0; i < 2; ++i) {
      v1::GradedPrediction graded = Make(i);
      graded.mutable_prediction()->clear_choice_loglikelihoods();
      *response->add_predictions() = graded;
    }
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"predictions", "7"}), kExitOk);
  EXPECT_EQ(
      out_,
      "model  item          verdict  target  output        prompt  cached  new  shots  flags\n"
      "tiny   mmlu/logic/0  correct  A        A               713     640    1      4  -\n"
      "tiny   mmlu/logic/1  wrong    A       B\\n\\\\\\x1b[2J     713     640    1      4  "
      "truncated\n");
}

TEST_F(PredictionsTest, TableShowsTheChosenAnswer) {
  EXPECT_EQ(Run({"predictions", "7"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("B (-0.500)"));
}

TEST_F(PredictionsTest, ItemsAskedTwiceAndProgramsShowTheVerdictsGround) {
  service_.list_predictions = [](const auto&, v1::ListPredictionsResponse* response) {
    v1::GradedPrediction twice = Make(0);
    twice.mutable_score()->set_extracted("chosen");
    twice.mutable_prediction()->add_choice_loglikelihoods(-2);
    twice.mutable_prediction()->add_choice_loglikelihoods(-3);
    *response->add_predictions() = twice;
    v1::GradedPrediction program = Make(1);
    program.mutable_prediction()->set_program_outcome("failed: AssertionError");
    *response->add_predictions() = program;
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"predictions", "7"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("A       chosen"));
  EXPECT_THAT(out_, HasSubstr("A       failed: AssertionError"));
  EXPECT_EQ(Run({"predictions", "7", "--format", "json"}), kExitOk);
  const Json predictions = Json::parse(out_)["predictions"];
  EXPECT_EQ(predictions[0]["choice_loglikelihoods"],
            Json::parse(R"({"A": -1.25, "B": -0.5, "A#2": -2.0, "B#2": -3.0})"));
  EXPECT_EQ(predictions[1]["program_outcome"], "failed: AssertionError");
}

TEST_F(PredictionsTest, JsonHasEverything) {
  EXPECT_EQ(Run({"predictions", "7", "--format", "json"}), kExitOk);
  const Json prediction = Json::parse(out_)["predictions"][1];
  EXPECT_EQ(prediction["item_id"], "mmlu/logic/1");
  EXPECT_EQ(prediction["output"], "B\n\\\x1b[2J");
  EXPECT_EQ(prediction["prompt"], "Is it?\nAnswer:");
  EXPECT_EQ(prediction["output_token_ids"], Json::array({330}));
  EXPECT_EQ(prediction["choice_loglikelihoods"], Json::parse(R"({"A": -1.25, "B": -0.5})"));
  EXPECT_EQ(prediction["verdict"], "wrong");
  EXPECT_EQ(prediction["truncated"], true);
}

TEST_F(PredictionsTest, PassesFiltersOn) {
  EXPECT_EQ(Run({"predictions", "7", "--wrong", "--model", "m", "--benchmark", "b", "--item", "i"}),
            kExitOk);
  EXPECT_TRUE(requests_[0].only_wrong());
  EXPECT_EQ(requests_[0].model(), "m");
  EXPECT_EQ(requests_[0].benchmark(), "b");
  EXPECT_EQ(requests_[0].item_id(), "i");
  EXPECT_EQ(requests_[0].job_id(), 7);
}

TEST_F(PredictionsTest, ItemShowsThePromptAsItIs) {
  total_ = 1;
  EXPECT_EQ(Run({"predictions", "7", "--item", "mmlu/logic/0"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("--- prompt\nIs it?\nAnswer:\n--- output\n A\n"));
  EXPECT_THAT(out_, HasSubstr("713 tokens, 640 of them cached, 4 shots"));
  EXPECT_THAT(out_, HasSubstr("choice B      -0.500000"));
}

TEST_F(PredictionsTest, AnItemThatIsNotThereExitsWithFour) {
  total_ = 0;
  EXPECT_EQ(Run({"predictions", "7", "--item", "mmlu/logic/9"}), kExitNotFound);
  EXPECT_THAT(err_, HasSubstr("mmlu/logic/9"));
}

TEST_F(PredictionsTest, ReadsAllPagesUpToTheLimit) {
  total_ = 450;
  EXPECT_EQ(Run({"predictions", "7", "--format", "json"}), kExitOk);
  EXPECT_EQ(Json::parse(out_)["predictions"].size(), 450u);
  EXPECT_EQ(requests_.size(), 3u);
  EXPECT_EQ(Run({"predictions", "7", "--format", "json", "--limit", "201"}), kExitOk);
  EXPECT_EQ(Json::parse(out_)["predictions"].size(), 201u);
  EXPECT_EQ(Run({"predictions", "7"}), kExitOk);
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 101);
  EXPECT_EQ(err_, "these are the first 100; --limit 0 shows all\n");
}

}  // namespace
}  // namespace assay
