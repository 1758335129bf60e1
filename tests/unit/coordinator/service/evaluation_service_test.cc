#include "coordinator/service/evaluation_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <pqxx/pqxx>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/version.h"
#include "coordinator/store/cluster_rows.h"
#include "tests/unit/coordinator/service/server_fixture.h"

namespace assay {
namespace {

using testing::HasSubstr;

class EvaluationServiceTest : public ServerTest {
 protected:
  void FinishJob() {
    const absl::StatusOr<std::vector<Lease>> leases =
        coordinator_.leases.Grant(SampleWorker(), 100, {});
    ASSERT_TRUE(leases.ok());
    for (const Lease& lease : *leases) {
      ASSERT_TRUE(coordinator_.leases.Commit(lease.key, RightAnswers(lease)).ok());
    }
  }
  grpc::ClientContext context_;
};

TEST_F(EvaluationServiceTest, TellsVersionAndBenchmarks) {
  v1::GetServerInfoResponse info;
  ASSERT_TRUE(evaluation_->GetServerInfo(&context_, {}, &info).ok());
  EXPECT_EQ(info.version(), kVersion);
  grpc::ClientContext second;
  v1::ListBenchmarksResponse benchmarks;
  ASSERT_TRUE(evaluation_->ListBenchmarks(&second, {}, &benchmarks).ok());
  ASSERT_GE(benchmarks.benchmarks_size(), 2);
  EXPECT_EQ(benchmarks.benchmarks(0).name(), "bbh");
  EXPECT_EQ(benchmarks.benchmarks(0).protocols(0).max_output(), 32);
}

TEST_F(EvaluationServiceTest, ImportsADatasetFromPieces) {
  for (const bool again : {false, true}) {
    grpc::ClientContext context;
    v1::ImportDatasetResponse response;
    const auto writer = evaluation_->ImportDataset(&context, &response);
    v1::ImportDatasetRequest request;
    request.mutable_header()->set_benchmark("bbh");
    request.mutable_header()->set_name("mine");
    writer->Write(request);
    for (const SourceFile& file : SampleFiles()) {
      request.mutable_chunk()->set_path(file.path);
      request.mutable_chunk()->set_content(file.content);
      writer->Write(request);
    }
    writer->WritesDone();
    ASSERT_TRUE(writer->Finish().ok());
    EXPECT_EQ(response.existed(), again);
    EXPECT_EQ(response.dataset().name(), "mine");
    EXPECT_EQ(response.dataset().sha256(), SampleInfo().sha256);
  }
  v1::ListDatasetsResponse datasets;
  ASSERT_TRUE(evaluation_->ListDatasets(&context_, {}, &datasets).ok());
  EXPECT_EQ(datasets.datasets_size(), 2);
}

TEST_F(EvaluationServiceTest, ABadFileStoresNothing) {
  v1::ImportDatasetResponse response;
  const auto writer = evaluation_->ImportDataset(&context_, &response);
  v1::ImportDatasetRequest request;
  request.mutable_header()->set_benchmark("bbh");
  request.mutable_header()->set_name("mine");
  writer->Write(request);
  request.mutable_chunk()->set_path("navigate.json");
  request.mutable_chunk()->set_content("{\"examples\": [{\"input\": 3}]}");
  writer->Write(request);
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("navigate.json"));
  EXPECT_EQ(Query("SELECT count(*) FROM dataset_names"), "1");
}

TEST_F(EvaluationServiceTest, AddsModels) {
  v1::AddModelRequest request;
  *request.mutable_model() = ToProto(SampleModel("other"));
  v1::AddModelResponse response;
  ASSERT_TRUE(evaluation_->AddModel(&context_, request, &response).ok());
  EXPECT_FALSE(response.existed());
  request.mutable_model()->set_name("a name");
  grpc::ClientContext second;
  EXPECT_EQ(evaluation_->AddModel(&second, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  grpc::ClientContext third;
  v1::ListModelsResponse models;
  ASSERT_TRUE(evaluation_->ListModels(&third, {}, &models).ok());
  EXPECT_EQ(models.models_size(), 2);
}

TEST_F(EvaluationServiceTest, RemovesModels) {
  v1::RemoveModelRequest request;
  v1::RemoveModelResponse response;
  request.set_name("nosuch");
  EXPECT_EQ(evaluation_->RemoveModel(&context_, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_name("tiny");
  grpc::ClientContext second;
  ASSERT_TRUE(evaluation_->RemoveModel(&second, request, &response).ok());
  EXPECT_EQ(response.runs(), 0);
  grpc::ClientContext third;
  v1::ListModelsResponse models;
  ASSERT_TRUE(evaluation_->ListModels(&third, {}, &models).ok());
  EXPECT_EQ(models.models_size(), 0);
}

TEST_F(EvaluationServiceTest, PlansWithoutChangingAnything) {
  v1::SubmitJobRequest request;
  request.add_models("tiny");
  request.add_benchmarks("bbh");
  *request.mutable_settings() = ToProto(RunSettings());
  v1::PlanJobResponse response;
  ASSERT_TRUE(evaluation_->PlanJob(&context_, request, &response).ok());
  ASSERT_EQ(response.runs_size(), 1);
  EXPECT_EQ(response.runs(0).items(), 14);
  EXPECT_THAT(response.runs(0).first_prompt(), HasSubstr("Answer:"));
  EXPECT_GT(response.runs(0).prompt_tokens(), 0);
  EXPECT_EQ(Query("SELECT count(*) FROM jobs"), "0");
}

TEST_F(EvaluationServiceTest, AWatchSendsEveryChangeUntilTheEnd) {
  const int64_t job = SubmitByRpc(14);
  v1::GetJobRequest request;
  request.set_job_id(job);
  const auto reader = evaluation_->WatchJob(&context_, request);
  v1::JobProgress progress;
  ASSERT_TRUE(reader->Read(&progress));
  EXPECT_EQ(progress.state(), v1::STATE_PENDING);
  FinishJob();
  while (reader->Read(&progress)) {
  }
  EXPECT_EQ(progress.state(), v1::STATE_COMPLETED);
  EXPECT_EQ(progress.runs(0).items_done(), 14);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(EvaluationServiceTest, AWatchOutlivesAnOutageOfTheDatabase) {
  const int64_t job = SubmitByRpc(14);
  v1::GetJobRequest request;
  request.set_job_id(job);
  const auto reader = evaluation_->WatchJob(&context_, request);
  v1::JobProgress progress;
  ASSERT_TRUE(reader->Read(&progress));
  PostgresServer::Shared().Crash();
  grpc::ClientContext second;
  const grpc::Status away = evaluation_->GetJob(&second, request, &progress);
  EXPECT_EQ(away.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(away.error_message(), HasSubstr("the database is not reachable"));
  absl::SleepFor(absl::Milliseconds(600));
  PostgresServer::Shared().Start();
  FinishJob();
  while (reader->Read(&progress)) {
  }
  EXPECT_EQ(progress.state(), v1::STATE_COMPLETED);
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(EvaluationServiceTest, ResultsHoldMetricsAndManifest) {
  const int64_t job = SubmitByRpc(5);
  FinishJob();
  v1::GetResultsRequest request;
  request.set_job_id(job);
  v1::GetResultsResponse response;
  ASSERT_TRUE(evaluation_->GetResults(&context_, request, &response).ok());
  ASSERT_EQ(response.runs_size(), 1);
  ASSERT_EQ(response.runs(0).metrics_size(), 3);
  EXPECT_EQ(response.runs(0).metrics(0).group(), "");
  EXPECT_EQ(response.runs(0).metrics(0).value(), 1.0);
  EXPECT_EQ(response.runs(0).metrics(0).items(), 14);
  EXPECT_THAT(response.runs(0).manifest_json(), HasSubstr("\"finished\""));
}

TEST_F(EvaluationServiceTest, PredictionsComeInPages) {
  const int64_t job = SubmitByRpc(5);
  FinishJob();
  v1::ListPredictionsRequest request;
  request.set_job_id(job);
  request.set_page_size(10);
  v1::ListPredictionsResponse response;
  ASSERT_TRUE(evaluation_->ListPredictions(&context_, request, &response).ok());
  EXPECT_EQ(response.predictions_size(), 10);
  request.set_page_token(response.next_page_token());
  grpc::ClientContext second;
  ASSERT_TRUE(evaluation_->ListPredictions(&second, request, &response).ok());
  EXPECT_EQ(response.predictions_size(), 4);
  EXPECT_EQ(response.next_page_token(), "");
  request.set_page_token("nonsense");
  grpc::ClientContext third;
  EXPECT_EQ(evaluation_->ListPredictions(&third, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(EvaluationServiceTest, ScoresComeWithoutTheirPredictions) {
  const int64_t job = SubmitByRpc(5);
  FinishJob();
  v1::GetRunScoresRequest request;
  request.set_run_id(Run(job).spec.run_id);
  v1::GetRunScoresResponse response;
  ASSERT_TRUE(evaluation_->GetRunScores(&context_, request, &response).ok());
  EXPECT_EQ(response.spec().benchmark(), "bbh");
  EXPECT_EQ(response.state(), v1::STATE_COMPLETED);
  EXPECT_EQ(response.metric(), "accuracy");
  EXPECT_TRUE(response.macro_average());
  EXPECT_EQ(response.groups_size(), 2);
  ASSERT_EQ(response.item_ordinal_size(), 14);
  for (const auto& list : {response.group(), response.cluster(), response.sample_index()}) {
    EXPECT_EQ(list.size(), 14);
  }
  EXPECT_EQ(response.value_size(), 14);
  ASSERT_EQ(response.verdict_size(), 14);
  EXPECT_EQ(response.verdict(3), v1::VERDICT_CORRECT);
  EXPECT_EQ(response.value(3), 1);
  request.set_run_id(999);
  grpc::ClientContext second;
  EXPECT_EQ(evaluation_->GetRunScores(&second, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(EvaluationServiceTest, ErrorsOfItemsThatShareAPassageAreClustered) {
  // A job with three wrong answers in its first task.
  const auto run_job = [&] {
    const int64_t job = SubmitByRpc(14);
    FinishJob();
    Query("UPDATE scores SET verdict = 'wrong' WHERE item_ordinal BETWEEN 3 AND 5 RETURNING 1");
    Query(
        "UPDATE run_groups SET correct = 4, values_sum = 4, squares_sum = 4 "
        "WHERE group_name = 'navigate' RETURNING 1");
    pqxx::connection connection(url_);
    pqxx::work tx(connection);
    RecountClusters(tx, Run(job).spec.run_id);
    tx.commit();
    return job;
  };
  const auto metrics = [&](int64_t job, int place) {
    v1::GetResultsRequest request;
    request.set_job_id(job);
    v1::GetResultsResponse response;
    grpc::ClientContext context;
    EXPECT_TRUE(evaluation_->GetResults(&context, request, &response).ok());
    return response.runs(0).metrics(place);
  };
  const v1::Metric apart = metrics(run_job(), 1);
  // The three wrong answers of 7 are as good as one observation when they share a passage.
  std::vector<Item> items = SampleItems();
  for (Item& item : items) {
    item.fields["passage"] = absl::StrCat("of ", std::max<int64_t>(item.ordinal, 5));
  }
  DatasetInfo info = SampleInfo();
  info.sha256 = std::string(64, 'e');
  ASSERT_TRUE(coordinator_.datasets.Import(info, items).ok());
  const int64_t job = run_job();
  const v1::Metric together = metrics(job, 1);
  EXPECT_EQ(together.group(), "navigate");
  EXPECT_EQ(together.value(), apart.value());
  // 5 clusters, whose deviations from 4/7 add up to -12/7 and four times 3/7.
  EXPECT_NEAR(together.standard_error(), std::sqrt(5.0 / 4 * (144 + 4 * 9) / 49) / 7, 1e-12);
  EXPECT_GT(together.standard_error(), apart.standard_error());
  EXPECT_EQ(together.low(), 0);
  EXPECT_EQ(together.high(), 1);
  // Every answer of the other task is right: Wilson's interval stays.
  EXPECT_GT(metrics(job, 2).low(), 0.5);
  EXPECT_EQ(metrics(job, 2).standard_error(), 0);
  // The mean of the two tasks.
  EXPECT_NEAR(metrics(job, 0).standard_error(), together.standard_error() / 2, 1e-12);
}

TEST_F(EvaluationServiceTest, CancelsAndListsJobs) {
  v1::CancelJobRequest request;
  request.set_job_id(SubmitByRpc(5));
  const int64_t second_job = SubmitByRpc(5);
  v1::JobProgress progress;
  ASSERT_TRUE(evaluation_->CancelJob(&context_, request, &progress).ok());
  EXPECT_EQ(progress.state(), v1::STATE_CANCELLED);
  grpc::ClientContext second;
  v1::ListJobsRequest list;
  list.set_limit(1);
  v1::ListJobsResponse jobs;
  ASSERT_TRUE(evaluation_->ListJobs(&second, list, &jobs).ok());
  ASSERT_EQ(jobs.jobs_size(), 1);
  EXPECT_EQ(jobs.jobs(0).job_id(), second_job);
  request.set_job_id(999);
  grpc::ClientContext third;
  EXPECT_EQ(evaluation_->CancelJob(&third, request, &progress).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(EvaluationServiceTest, ARequestThatIsSentAgainIsOneJob) {
  v1::SubmitJobRequest request;
  request.add_models("tiny");
  request.add_benchmarks("bbh");
  *request.mutable_settings() = ToProto(RunSettings());
  request.set_submission_key("0123");
  const auto submit = [this](const v1::SubmitJobRequest& sent, int64_t* job) {
    grpc::ClientContext context;
    v1::SubmitJobResponse response;
    const grpc::Status status = evaluation_->SubmitJob(&context, sent, &response);
    *job = response.job_id();
    return status;
  };
  int64_t first = 0, again = 0, other = 0;
  ASSERT_TRUE(submit(request, &first).ok());
  ASSERT_TRUE(submit(request, &again).ok());
  EXPECT_EQ(again, first);
  request.set_shard_items(3);
  const grpc::Status changed = submit(request, &other);
  EXPECT_EQ(changed.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(changed.error_message(), HasSubstr("asked for something else"));
  request.set_submission_key(std::string(200, 'k'));
  EXPECT_EQ(submit(request, &other).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.set_submission_key("");
  ASSERT_TRUE(submit(request, &other).ok());
  EXPECT_NE(other, first);

  // A sweep that is sent again finds its own job, not runs that are under way already.
  v1::SweepRequest sweep;
  *sweep.add_parts() = request;
  sweep.mutable_parts(0)->mutable_settings()->set_limit(1);
  sweep.set_submission_key("0124");
  v1::SubmitSweepResponse responses[2];
  for (v1::SubmitSweepResponse& response : responses) {
    grpc::ClientContext context;
    ASSERT_TRUE(evaluation_->SubmitSweep(&context, sweep, &response).ok());
  }
  EXPECT_NE(responses[0].job_id(), 0);
  EXPECT_EQ(responses[1].job_id(), responses[0].job_id());
  EXPECT_EQ(responses[1].runs(), 1);
}

TEST_F(EvaluationServiceTest, ManyThatSendTheSameRequestAtOnceGetOneJob) {
  v1::SubmitJobRequest request;
  request.add_models("tiny");
  request.add_benchmarks("bbh");
  *request.mutable_settings() = ToProto(RunSettings());
  request.set_submission_key("k");
  std::set<int64_t> jobs;
  absl::Mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      grpc::ClientContext context;
      v1::SubmitJobResponse response;
      const grpc::Status status = evaluation_->SubmitJob(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      absl::MutexLock lock(&mutex);
      jobs.insert(response.job_id());
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(jobs.size(), 1u);
  EXPECT_EQ(Query("SELECT count(*) FROM jobs"), "1");
}

TEST_F(EvaluationServiceTest, PausesAndResumesJobsAndTellsWhatTheyWaitFor) {
  const int64_t job = SubmitByRpc(7);
  v1::JobProgress progress;
  {
    grpc::ClientContext context;
    v1::GetJobRequest request;
    request.set_job_id(job);
    ASSERT_TRUE(evaluation_->GetJob(&context, request, &progress).ok());
    EXPECT_EQ(progress.runs(0).waiting_for(), "no worker is connected");
  }
  {
    grpc::ClientContext context;
    v1::PauseJobRequest request;
    request.set_job_id(job);
    ASSERT_TRUE(evaluation_->PauseJob(&context, request, &progress).ok());
    EXPECT_TRUE(progress.paused());
    EXPECT_EQ(progress.runs(0).waiting_for(), "");
  }
  {
    grpc::ClientContext context;
    v1::ResumeJobRequest request;
    request.set_job_id(job);
    ASSERT_TRUE(evaluation_->ResumeJob(&context, request, &progress).ok());
    EXPECT_FALSE(progress.paused());
  }
  grpc::ClientContext context;
  v1::PauseJobRequest request;
  request.set_job_id(999);
  EXPECT_EQ(evaluation_->PauseJob(&context, request, &progress).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(EvaluationServiceTest, ASecondServerCannotHaveThePort) {
  const auto second = CoordinatorServer::Start(&database_, {.listen = server_->address()});
  EXPECT_THAT(second.status().message(), HasSubstr("cannot listen on"));
  EXPECT_FALSE(CoordinatorServer::Start(&database_, {.listen = "nonsense"}).ok());
}

}  // namespace
}  // namespace assay
