#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "client/output/record_writer.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class EvalTest : public CommandsTest {
 protected:
  EvalTest() {
    service_.submit_job = [this](const v1::SubmitJobRequest& request,
                                 v1::SubmitJobResponse* response) {
      submitted_ = request;
      response->set_job_id(7);
      return grpc::Status::OK;
    };
    service_.get_results = [](const v1::GetResultsRequest& request,
                              v1::GetResultsResponse* response) {
      v1::RunResult& result = *response->add_runs();
      *result.mutable_run() = MakeRun("mmlu", v1::STATE_COMPLETED, 40, 40);
      v1::Metric& metric = *result.add_metrics();
      metric.set_name("accuracy");
      metric.set_value(0.325);
      metric.set_standard_error(0.075);
      metric.set_items(40);
      metric.set_low(0.2008);
      metric.set_high(0.4799);
      return grpc::Status::OK;
    };
  }

  v1::SubmitJobRequest submitted_;
  const std::vector<std::string> line_ = {"eval", "--model", "tiny", "--benchmark", "mmlu"};
};

TEST_F(EvalTest, SubmitsWhatTheLineSays) {
  EXPECT_EQ(
      Run({"eval", "--model", "a,b", "--benchmark", "mmlu,bbh", "--limit", "20", "--shots", "0",
           "--protocol", "lm-eval", "--precision", "float32", "--shard-items", "7", "--detach"}),
      kExitOk);
  EXPECT_EQ(out_, "7\n");
  EXPECT_THAT(submitted_.models(), testing::ElementsAre("a", "b"));
  EXPECT_THAT(submitted_.benchmarks(), testing::ElementsAre("mmlu", "bbh"));
  EXPECT_EQ(submitted_.settings().limit(), 20);
  EXPECT_TRUE(submitted_.settings().has_shots());
  EXPECT_EQ(submitted_.settings().shots(), 0);
  EXPECT_EQ(submitted_.settings().protocol(), "lm-eval");
  EXPECT_EQ(submitted_.settings().precision(), v1::PRECISION_FLOAT32);
  EXPECT_EQ(submitted_.shard_items(), 7);
}

TEST_F(EvalTest, LeavesToTheServiceWhatTheLineDoesNotSay) {
  std::vector<std::string> line = line_;
  line.push_back("--detach");
  EXPECT_EQ(Run(line), kExitOk);
  EXPECT_FALSE(submitted_.settings().has_shots());
  EXPECT_EQ(submitted_.settings().protocol(), "");
  EXPECT_EQ(submitted_.settings().precision(), v1::PRECISION_BFLOAT16);
}

TEST_F(EvalTest, ShowsProgressThenResults) {
  service_.watch_job = [](auto*, auto* writer) {
    writer->Write(MakeJob(v1::STATE_RUNNING, {MakeRun("mmlu", v1::STATE_RUNNING, 10, 40)}));
    absl::SleepFor(absl::Milliseconds(300));
    writer->Write(MakeJob(v1::STATE_COMPLETED, {MakeRun("mmlu", v1::STATE_COMPLETED, 40, 40)}));
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run(line_), kExitOk) << err_;
  EXPECT_EQ(out_,
            "benchmark  model  protocol      shots  precision  state      group  metric       "
            "score (%)  items  errors  95% interval\n"
            "mmlu       tiny   instructeval      5  bfloat16   completed  all    accuracy  "
            "32.50 ± 7.50     40       0   20.08–47.99\n");
  EXPECT_THAT(err_, HasSubstr("mmlu tiny: running, 10/40 items (25%)\n"));
  EXPECT_THAT(err_, HasSubstr("mmlu tiny: completed, 40/40 items (100%)\n"));
}

class EvalWithJudgesTest : public EvalTest {
 protected:
  EvalWithJudgesTest() {
    // First the answers' job, then that of their judges.
    service_.watch_job = [this](auto*, auto* writer) {
      v1::JobProgress job =
          MakeJob(v1::STATE_COMPLETED, {MakeRun("impact", v1::STATE_COMPLETED, 2, 2)});
      job.set_awaits_judges(++watched_ == 1);
      if (watched_ == 2) job.set_job_id(8);
      writer->Write(job);
      return grpc::Status::OK;
    };
    service_.get_job = [this](const v1::GetJobRequest& request, v1::JobProgress* response) {
      EXPECT_EQ(request.job_id(), 7);
      *response = MakeJob(v1::STATE_COMPLETED, {});
      response->set_awaits_judges(++asked_ == 1);
      if (asked_ == 2) response->set_judge_job(8);
      return grpc::Status::OK;
    };
    service_.get_results = [](const v1::GetResultsRequest& request,
                              v1::GetResultsResponse* response) {
      v1::RunProgress run = MakeRun("impact", v1::STATE_COMPLETED, 2, 2);
      run.mutable_spec()->set_run_id(request.job_id() + 100);
      *response->add_runs()->mutable_run() = run;
      return grpc::Status::OK;
    };
  }

  const std::vector<std::string> line_ = {"eval",   "--model", "tiny", "--benchmark",
                                          "impact", "--judge", "a,b"};
  int watched_ = 0;
  int asked_ = 0;
};

TEST_F(EvalWithJudgesTest, OrdersThemWithTheJob) {
  std::vector<std::string> line = line_;
  line.insert(line.end(), {"--judge-parser", "instructeval", "--judge-criteria", "coherence",
                           "--judge-template", "none", "--precision", "float32", "--detach"});
  EXPECT_EQ(Run(line), kExitOk) << err_;
  EXPECT_EQ(out_, "7\n");
  ASSERT_TRUE(submitted_.has_judges());
  const v1::JudgeJobRequest& judges = submitted_.judges();
  EXPECT_THAT(judges.judges(), testing::ElementsAre("a", "b"));
  EXPECT_EQ(judges.grader(), "judge_instructeval");
  ASSERT_EQ(judges.criteria_size(), 1);
  EXPECT_EQ(judges.criteria(0).name(), "coherence");
  EXPECT_EQ(judges.settings().prompt_template(), v1::PROMPT_TEMPLATE_NONE);
  EXPECT_EQ(judges.settings().precision(), v1::PRECISION_FLOAT32);
  EXPECT_EQ(submitted_.settings().prompt_template(), v1::PROMPT_TEMPLATE_NONE);

  EXPECT_EQ(Run({"eval", "--model", "m", "--benchmark", "impact", "--judge-parser", "strict"}),
            kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--judge-parser requires --judge"));
}

TEST_F(EvalWithJudgesTest, WaitsForTheirJobAndFollowsIt) {
  EXPECT_EQ(Run(line_), kExitOk) << err_;
  EXPECT_EQ(submitted_.judges().settings().prompt_template(), v1::PROMPT_TEMPLATE_CHAT);
  EXPECT_THAT(err_, HasSubstr("job 8: judges of the answers"));
  EXPECT_EQ(asked_, 2);
  EXPECT_EQ(watched_, 2);
}

TEST_F(EvalWithJudgesTest, ADocumentHasTheRunsOfBothJobs) {
  std::vector<std::string> line = line_;
  line.insert(line.end(), {"--format", "json"});
  EXPECT_EQ(Run(line), kExitOk) << err_;
  const Json document = Json::parse(out_);
  ASSERT_EQ(document["runs"].size(), 2u);
  EXPECT_EQ(document["runs"][0]["run_id"], 107);
  EXPECT_EQ(document["runs"][1]["run_id"], 108);
}

TEST_F(EvalWithJudgesTest, TellsWhyThereAreNone) {
  service_.get_job = [](const auto&, v1::JobProgress* response) {
    *response = MakeJob(v1::STATE_COMPLETED, {});
    response->set_judge_error("model a was removed");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run(line_), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("the answers of job 7 are not judged: model a was removed"));
}

TEST_F(EvalTest, AJobThatDidNotGoWellExitsWithOne) {
  v1::RunProgress errors = MakeRun("mmlu", v1::STATE_COMPLETED, 40, 40);
  errors.set_items_failed(2);
  v1::RunProgress failed = MakeRun("mmlu", v1::STATE_FAILED, 0, 40);
  failed.set_error("weights changed");
  const std::vector<std::pair<v1::JobProgress, std::string>> ends = {
      {MakeJob(v1::STATE_COMPLETED, {errors}), "2 items are stored as an error"},
      {MakeJob(v1::STATE_FAILED, {failed}), "weights changed"},
      {MakeJob(v1::STATE_CANCELLED, {MakeRun("mmlu", v1::STATE_CANCELLED, 3, 40)}),
       "job 7 was cancelled"}};
  for (const auto& [job, message] : ends) {
    service_.watch_job = [&job = job](auto*, auto* writer) {
      writer->Write(job);
      return grpc::Status::OK;
    };
    EXPECT_EQ(Run(line_), kExitFailed);
    EXPECT_THAT(err_, HasSubstr(message));
  }
}

TEST_F(EvalTest, InterruptDetaches) {
  std::atomic<bool> watching = false;
  service_.watch_job = [&](grpc::ServerContext* context, auto* writer) {
    writer->Write(MakeJob(v1::STATE_RUNNING, {MakeRun("mmlu", v1::STATE_RUNNING, 10, 40)}));
    watching = true;
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
    return grpc::Status::CANCELLED;
  };
  std::thread user([&] {
    while (!watching) absl::SleepFor(absl::Milliseconds(10));
    kill(getpid(), SIGINT);
  });
  EXPECT_EQ(Run(line_), kExitDetached);
  user.join();
  EXPECT_THAT(err_, HasSubstr("detached: job 7 goes on"));
  EXPECT_THAT(err_, HasSubstr("assay watch 7"));
  EXPECT_THAT(err_, HasSubstr("assay cancel 7"));
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(EvalTest, ConnectsAgainWhenTheCoordinatorComesBack) {
  std::atomic<bool> watching = false;
  service_.watch_job = [&](grpc::ServerContext* context, auto* writer) {
    writer->Write(MakeJob(v1::STATE_RUNNING, {MakeRun("mmlu", v1::STATE_RUNNING, 10, 40)}));
    watching = true;
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(10));
    return grpc::Status::CANCELLED;
  };
  FakeService second;
  second.get_results = service_.get_results;
  second.watch_job = [](auto*, auto* writer) {
    writer->Write(MakeJob(v1::STATE_COMPLETED, {MakeRun("mmlu", v1::STATE_COMPLETED, 40, 40)}));
    return grpc::Status::OK;
  };
  std::unique_ptr<FakeServer> again;
  std::thread operator_thread([&] {
    while (!watching) absl::SleepFor(absl::Milliseconds(10));
    server_.Stop();
    absl::SleepFor(absl::Milliseconds(700));
    again = std::make_unique<FakeServer>(&second, server_.port());
  });
  EXPECT_EQ(Run(line_), kExitOk) << err_;
  operator_thread.join();
  EXPECT_TRUE(again->running());
  EXPECT_THAT(err_, HasSubstr("went away; the job is kept"));
  EXPECT_THAT(err_, HasSubstr("the coordinator is back"));
  EXPECT_THAT(out_, HasSubstr("32.50 ± 7.50"));
}

TEST_F(EvalTest, TellsAnUnknownModel) {
  service_.submit_job = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no model \"tiny\"; there are: a, b");
  };
  EXPECT_EQ(Run(line_), kExitNotFound);
  EXPECT_EQ(err_, "assay: there is no model \"tiny\"; there are: a, b\n");
}

TEST_F(EvalTest, DryRunShowsTheCostAndThePromptAndSubmitsNothing) {
  service_.submit_job = nullptr;
  service_.plan_job = [](const auto&, v1::PlanJobResponse* response) {
    v1::RunPlan& run = *response->add_runs();
    *run.mutable_spec() = MakeRun("mmlu", v1::STATE_PENDING, 0, 0).spec();
    run.set_items(1140);
    run.set_shards(36);
    run.set_first_item_id("mmlu/astronomy/0");
    run.set_first_prompt("Question\nA. \x1b[2J\nAnswer:");
    run.set_prompt_tokens(812'345);
    run.set_generated_tokens(2280);
    run.set_seconds(94.2);
    return grpc::Status::OK;
  };
  std::vector<std::string> line = line_;
  line.push_back("--dry-run");
  EXPECT_EQ(Run(line), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("1140      36          ~812k           ≤ 2.28k  ~1:34"));
  EXPECT_THAT(out_, HasSubstr("first prompt of mmlu for tiny (mmlu/astronomy/0):\n"
                              "Question\nA. \\x1b[2J\nAnswer:\n"));
  EXPECT_THAT(out_, Not(HasSubstr("\x1b")));

  line.insert(line.end(), {"--format", "json"});
  EXPECT_EQ(Run(line), kExitOk) << err_;
  const Json run = Json::parse(out_)["runs"][0];
  EXPECT_EQ(run["prompt_tokens"], 812'345);
  EXPECT_EQ(run["first_prompt"], "Question\nA. \x1b[2J\nAnswer:");
}

TEST_F(EvalTest, WatchOfAnUnknownJobExitsWithFour) {
  service_.watch_job = [](auto*, auto*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no job 9");
  };
  EXPECT_EQ(Run({"watch", "9"}), kExitNotFound);
}

}  // namespace
}  // namespace assay
