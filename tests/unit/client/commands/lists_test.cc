// The commands that list, and those that change one thing.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "client/output/record_writer.h"
#include "common/base/file.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(CommandsTest, ListsJobs) {
  service_.list_jobs = [](const v1::ListJobsRequest& request, v1::ListJobsResponse* response) {
    EXPECT_EQ(request.limit(), 3);
    v1::RunProgress bbh = MakeRun("bbh", v1::STATE_RUNNING, 5, 30);
    bbh.set_items_failed(1);
    *response->add_jobs() =
        MakeJob(v1::STATE_RUNNING, {MakeRun("mmlu", v1::STATE_COMPLETED, 40, 40), bbh});
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"jobs", "--limit", "3"}), kExitOk);
  EXPECT_EQ(out_,
            "job  state    submitted            models  benchmarks  runs  items  done  errors\n"
            "  7  running  2023-11-14 22:13:20  tiny    mmlu,bbh       2     70    45       1\n");
  EXPECT_EQ(Run({"jobs", "--limit", "3", "--format", "json"}), kExitOk);
  EXPECT_EQ(
      Json::parse(out_)["jobs"][0],
      Json::parse(R"({"job_id": 7, "state": "running", "submitted": "2023-11-14T22:13:20+00:00",
                            "models": ["tiny"], "datasets": ["mmlu", "bbh"], "runs": 2, "items": 70,
                            "items_done": 45, "items_failed": 1, "owner": "", "priority": 0, "paused": false,
                            "waiting_for": [], "judge_job": null, "judge_error": ""})"));
}

TEST_F(CommandsTest, ListsWhoJudgesAJobAndWhatItWaitsFor) {
  service_.list_jobs = [](const auto&, v1::ListJobsResponse* response) {
    const auto add = [response]() -> v1::JobProgress& {
      return *response->add_jobs() =
                 MakeJob(v1::STATE_RUNNING, {MakeRun("impact", v1::STATE_RUNNING, 5, 30)});
    };
    add().set_awaits_judges(true);
    add().set_judge_job(8);
    add().set_judge_error("all failed");
    v1::JobProgress& waiting = add();
    waiting.set_paused(true);
    waiting.set_owner("ann");
    waiting.set_priority(5);
    waiting.mutable_runs(0)->set_waiting_for("no worker is connected");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"jobs"}), kExitOk);
  EXPECT_THAT(out_,
              HasSubstr("errors  owner  priority  paused  waiting for             judged by\n"));
  EXPECT_THAT(out_, HasSubstr("no      -                       to come\n"));
  EXPECT_THAT(out_, HasSubstr("no      -                       job 8\n"));
  EXPECT_THAT(out_, HasSubstr("no      -                       none: all failed\n"));
  EXPECT_THAT(out_, HasSubstr("ann           5  yes     no worker is connected  -\n"));
}

TEST_F(CommandsTest, ListsDatasetsAsCsv) {
  service_.list_datasets = [](const auto&, v1::ListDatasetsResponse* response) {
    v1::DatasetInfo& dataset = *response->add_datasets();
    dataset.set_benchmark("mmlu");
    dataset.set_name("mmlu-sample");
    dataset.set_items(64);
    dataset.set_examples(20);
    dataset.set_groups(4);
    dataset.set_sha256(std::string(64, 'a'));
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"dataset", "list", "--format", "csv"}), kExitOk);
  EXPECT_EQ(out_, "name,benchmark,items,examples,groups,sha256\r\nmmlu-sample,mmlu,64,20,4," +
                      std::string(64, 'a') + "\r\n");
  EXPECT_EQ(Run({"dataset", "list"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("aaaaaaaaaaaa\n"));
}

TEST_F(CommandsTest, ListsBenchmarksWithTheDefaultMarked) {
  service_.list_benchmarks = [](const auto&, v1::ListBenchmarksResponse* response) {
    v1::BenchmarkInfo& benchmark = *response->add_benchmarks();
    benchmark.set_name("mmlu");
    benchmark.add_protocols()->set_name("instructeval");
    benchmark.add_protocols()->set_name("lm-eval");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"benchmark", "list", "--format", "json"}), kExitOk);
  const Json list = Json::parse(out_)["benchmarks"];
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["protocol"], "instructeval");
  EXPECT_EQ(list[0]["default"], true);
  EXPECT_EQ(list[1]["default"], false);
}

TEST_F(CommandsTest, ListsWorkers) {
  service_.list_workers = [](const auto&, v1::ListWorkersResponse* response) {
    v1::WorkerStatus& status = *response->add_workers();
    status.set_connected(true);
    status.set_leases(2);
    status.mutable_worker()->set_worker_id("node1-17");
    status.mutable_worker()->set_hostname("node1");
    status.mutable_worker()->set_device("cpu");
    status.mutable_worker()->set_threads(8);
    status.mutable_worker()->set_engine_version("1");
    status.mutable_worker()->set_sandbox("rlimits");
    (*status.mutable_worker()->mutable_gflops())["float32"] = 174.2;
    (*status.mutable_worker()->mutable_gflops())["bfloat16"] = 371.4;
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"workers"}), kExitOk);
  EXPECT_EQ(out_,
            "worker    connected  leases  host   device  threads  GFLOP/s                    "
            "engine  sandbox\n"
            "node1-17  yes             2  node1  cpu           8  bfloat16 371, float32 174  1     "
            "  rlimits\n");
}

TEST_F(CommandsTest, CancelsAJob) {
  service_.cancel_job = [](const v1::CancelJobRequest& request, v1::JobProgress* response) {
    EXPECT_EQ(request.job_id(), 7);
    *response = MakeJob(v1::STATE_CANCELLED, {});
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"cancel", "7"}), kExitOk);
  EXPECT_EQ(out_, "job 7 is cancelled\n");
}

class FolderTest : public CommandsTest {
 protected:
  FolderTest() {
    std::string pattern = testing::TempDir() + "assay-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~FolderTest() override { std::filesystem::remove_all(folder_); }

  // A worker program for `model add` that is this shell script; the folder looks like a model's.
  void SetWorker(const std::string& script) {
    for (const char* file : {"config.json", "model.safetensors", "tokenizer.json"}) {
      ASSERT_TRUE(WriteFile(folder_ + "/" + file, "{}").ok());
    }
    const std::string path = folder_ + "/worker";
    ASSERT_TRUE(WriteFile(path, "#!/bin/sh\n" + script).ok());
    ASSERT_EQ(chmod(path.c_str(), 0755), 0);
    setenv("ASSAY_WORKER_PROGRAM", path.c_str(), 1);
  }
  void TearDown() override { unsetenv("ASSAY_WORKER_PROGRAM"); }

  std::string folder_;
};

TEST_F(FolderTest, ImportSendsTheBenchmarksFilesInPieces) {
  // More than one piece, and a file that is not the benchmark's.
  std::string rows;
  while (rows.size() < (size_t{5} << 19)) rows += "Which?,one,two,three,four,A\n";
  std::filesystem::create_directories(folder_ + "/test");
  std::filesystem::create_directories(folder_ + "/dev");
  ASSERT_TRUE(WriteFile(folder_ + "/test/logic_test.csv", rows).ok());
  ASSERT_TRUE(WriteFile(folder_ + "/dev/logic_dev.csv", "Q,1,2,3,4,B\n").ok());
  ASSERT_TRUE(WriteFile(folder_ + "/README", "hello").ok());
  std::map<std::string, std::string> files;
  size_t largest = 0;
  service_.import_dataset = [&](const std::vector<v1::ImportDatasetRequest>& requests,
                                v1::ImportDatasetResponse* response) {
    EXPECT_EQ(requests[0].header().benchmark(), "mmlu");
    EXPECT_EQ(requests[0].header().name(), "mine");
    for (size_t i = 1; i < requests.size(); ++i) {
      files[requests[i].chunk().path()] += requests[i].chunk().content();
      largest = std::max(largest, requests[i].chunk().content().size());
    }
    response->mutable_dataset()->set_name("mine");
    response->mutable_dataset()->set_items(93'623);
    response->mutable_dataset()->set_sha256("ab");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"dataset", "import", "mmlu", folder_, "--name", "mine"}), kExitOk) << err_;
  EXPECT_EQ(files.size(), 2u);
  EXPECT_EQ(files["test/logic_test.csv"], rows);
  EXPECT_EQ(files["dev/logic_dev.csv"], "Q,1,2,3,4,B\n");
  EXPECT_EQ(largest, size_t{1} << 20);
  EXPECT_THAT(out_, HasSubstr("mine: imported 93,623 items"));
}

TEST_F(FolderTest, ImportPassesOnWhatTheServiceRefuses) {
  std::filesystem::create_directories(folder_ + "/test");
  ASSERT_TRUE(WriteFile(folder_ + "/test/logic_test.csv", "bad\n").ok());
  service_.import_dataset = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT,
                        "test/logic_test.csv, line 1: 1 column, and there must be 6");
  };
  EXPECT_EQ(Run({"dataset", "import", "mmlu", folder_}), kExitUsage);
  EXPECT_EQ(err_, "assay: test/logic_test.csv, line 1: 1 column, and there must be 6\n");
}

TEST_F(FolderTest, ImportNamesWhatIsNotThere) {
  service_.get_benchmark = [](const v1::GetBenchmarkRequest& request, auto*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND,
                        "unknown benchmark \"" + request.name() + "\"; there are: mmlu");
  };
  EXPECT_EQ(Run({"dataset", "import", "nonsense", folder_}), kExitNotFound);
  EXPECT_THAT(err_, HasSubstr("nonsense"));
  EXPECT_THAT(err_, HasSubstr("mmlu"));
  EXPECT_NE(Run({"dataset", "import", "mmlu", folder_}), kExitOk);  // no file of it
  EXPECT_THAT(err_, HasSubstr(folder_));
}

constexpr char kSpec[] = R"({"name": "tiny", "path": "/m", "format": "gguf",
  "architecture": "llama", "weights_sha256": "aa", "tokenizer_sha256": "bb", "parameters": 134515008,
  "context_length": 2048, "vocabulary_size": 49152, "stored_type": "Q4_1",
  "characters_per_token": 3.9})";

TEST_F(FolderTest, ModelAddSendsWhatTheCheckFound) {
  SetWorker("echo \"$@\" > " + folder_ + "/arguments; cat <<'E'\n" + kSpec + "\nE\n");
  v1::ModelSpec added;
  service_.add_model = [&](const v1::AddModelRequest& request, auto*) {
    added = request.model();
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"model", "add", "tiny",
                 folder_ + "/../" + std::filesystem::path(folder_).filename().string()}),
            kExitOk)
      << err_;
  EXPECT_EQ(*ReadFile(folder_ + "/arguments"), "inspect --json tiny " + folder_ + "\n");
  EXPECT_EQ(added.weights_sha256(), "aa");
  EXPECT_EQ(added.context_length(), 2048);
  EXPECT_DOUBLE_EQ(added.characters_per_token(), 3.9);
  EXPECT_THAT(out_, HasSubstr("tiny: added: llama, 135M parameters, Q4_1, context 2,048 tokens"));
}

TEST_F(FolderTest, ModelAddShowsTheChecksOwnWords) {
  SetWorker("echo 'assay-worker: model.gguf: tensor \"a\" ends after the file' >&2; exit 1");
  EXPECT_EQ(Run({"model", "add", "tiny", folder_}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("assay: model.gguf: tensor \"a\" ends after the file\n"));
}

TEST_F(FolderTest, ModelAddSurvivesACheckThatCrashes) {
  SetWorker("kill -SEGV $$");
  EXPECT_EQ(Run({"model", "add", "tiny", folder_}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("crashed (killed by signal 11 (Segmentation fault))"));
}

TEST_F(FolderTest, ModelAddRefusesAnAnswerThatIsNotOne) {
  SetWorker("echo '{\"name\": \"tiny\", \"path\": 3}'");
  EXPECT_EQ(Run({"model", "add", "tiny", folder_}), kExitFailed);
  EXPECT_THAT(err_, HasSubstr("field \"path\" is not a string"));
}

TEST_F(FolderTest, ModelAddNamesAPathThatIsNotThere) {
  EXPECT_EQ(Run({"model", "add", "tiny", folder_ + "/none"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("there is no " + folder_ + "/none"));
}

}  // namespace
}  // namespace assay
