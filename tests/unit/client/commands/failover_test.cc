// Several coordinators, answers that are lost, and jobs that are halted.
#include <atomic>
#include <set>

#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

class FailoverTest : public CommandsTest {
 protected:
  FailoverTest() {
    for (FakeService* service : {&service_, &other_}) {
      service->list_jobs = [](const v1::ListJobsRequest&, v1::ListJobsResponse* response) {
        v1::RunProgress run = MakeRun("mmlu", v1::STATE_RUNNING, 3, 40);
        run.set_waiting_for("no worker of engine 1/amx is connected");
        *response->add_jobs() = MakeJob(v1::STATE_RUNNING, {run, run});
        return grpc::Status::OK;
      };
    }
  }

  int RunAtBoth(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--coordinator", server_.address() + "," + other_server_.address()});
    return RunAlone(std::move(arguments));
  }

  FakeService other_;
  FakeServer other_server_{&other_};
  const std::vector<std::string> eval_ = {"eval",        "--model", "tiny",
                                          "--benchmark", "mmlu",    "--detach"};
};

TEST_F(FailoverTest, TheNextCoordinatorIsAskedWhenOneIsGone) {
  EXPECT_EQ(RunAtBoth({"jobs"}), kExitOk) << err_;
  server_.Stop();
  EXPECT_EQ(RunAtBoth({"jobs"}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("no worker of engine 1/amx is connected"));
  other_server_.Stop();
  EXPECT_EQ(RunAtBoth({"jobs"}), kExitUnreachable);
  EXPECT_THAT(err_, HasSubstr(server_.address() + "," + other_server_.address()));
}

TEST_F(FailoverTest, EveryAddressMustBeOne) {
  EXPECT_EQ(RunAlone({"jobs", "--coordinator", "127.0.0.1:7420,elsewhere"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("\"elsewhere\" is not HOST:PORT"));
}

TEST_F(FailoverTest, ASubmissionWhoseAnswerIsLostIsSentAgainWithTheSameKey) {
  std::multiset<std::string> keys;
  service_.submit_job = [&](const v1::SubmitJobRequest& request, v1::SubmitJobResponse* response) {
    keys.insert(request.submission_key());
    if (keys.size() == 1) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the answer is lost");
    response->set_job_id(7);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run(eval_), kExitOk) << err_;
  EXPECT_EQ(out_, "7\n");
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1u);
  EXPECT_EQ(keys.begin()->size(), 32u);
  // Another submission has another key.
  EXPECT_EQ(Run(eval_), kExitOk);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 2u);
}

TEST_F(FailoverTest, PausesAndResumes) {
  std::atomic<int64_t> paused = 0, resumed = 0;
  service_.pause_job = [&](const v1::PauseJobRequest& request, v1::JobProgress*) {
    paused = request.job_id();
    return grpc::Status::OK;
  };
  service_.resume_job = [&](const v1::ResumeJobRequest& request, v1::JobProgress*) {
    resumed = request.job_id();
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"pause", "7"}), kExitOk) << err_;
  EXPECT_THAT(out_, HasSubstr("job 7 is paused"));
  EXPECT_EQ(Run({"resume", "7"}), kExitOk) << err_;
  EXPECT_EQ(paused, 7);
  EXPECT_EQ(resumed, 7);
}

}  // namespace
}  // namespace assay
