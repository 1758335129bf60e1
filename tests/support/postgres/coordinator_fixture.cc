#include "tests/support/postgres/coordinator_fixture.h"

#include <pqxx/pqxx>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/version.h"
#include "common/catalog/built_in.h"
#include "coordinator/store/migrator.h"

namespace assay {
namespace {

// For what cannot fail unless the fixture itself is wrong.
template <typename T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(value.status().ToString());
  return *std::move(value);
}

std::string Task(const std::string& name) {
  std::string examples;
  for (int i = 0; i < 10; ++i) {
    absl::StrAppend(&examples, i == 0 ? "" : ",", "{\"input\": \"", name, " question ", i,
                    "\", \"target\": \"answer ", i, "\"}");
  }
  return absl::StrCat("{\"examples\": [", examples, "]}");
}

// The URL of a database with all tables, the data set and the model. To copy it takes a fraction of
// the time in which all migrations are applied.
const std::string& SampleDatabase() {
  static const std::string* const url = [] {
    auto* made = new std::string(PostgresServer::Shared().CreateDatabase());
    Coordinator coordinator(*made);
    Must(coordinator.datasets.Import(SampleInfo(), SampleItems()));
    Must(coordinator.models.Add(SampleModel()));
    return made;
  }();
  return *url;
}

}  // namespace

std::vector<SourceFile> SampleFiles() {
  return {{"navigate.json", Task("navigate")}, {"words.json", Task("words")}};
}

DatasetInfo SampleInfo() {
  return {"bbh", "bbh", DatasetDigest(SampleFiles()), /*items=*/20, /*examples=*/0, /*groups=*/2};
}

std::vector<Item> SampleItems() { return Must(Must(FindBenchmark("bbh"))->Parse(SampleFiles())); }

ModelSpec SampleModel(const std::string& name) {
  ModelSpec model;
  model.name = name;
  model.path = "/models/" + name;
  model.format = "huggingface";
  model.architecture = "llama";
  model.weights_sha256 = std::string(64, name[0] == 't' ? 'a' : 'b');
  model.tokenizer_sha256 = std::string(64, 'c');
  model.parameters = 1000000;
  model.context_length = 2048;
  model.vocabulary_size = 1000;
  model.stored_type = "bfloat16";
  return model;
}

WorkerInfo SampleWorker(const std::string& id, const std::string& kernels) {
  WorkerInfo worker;
  worker.worker_id = id;
  worker.hostname = "host";
  worker.engine_version = std::string(kEngineVersion) + "/" + kernels;
  worker.device = "cpu";
  worker.threads = 2;
  worker.gflops = {{"bfloat16", 100.0}, {"float32", 50.0}};
  worker.sandbox = "namespaces";
  return worker;
}

Prediction RightAnswer(const Item& item) {
  Prediction prediction;
  prediction.item_id = item.id;
  prediction.prompt = "prompt of " + item.id;
  prediction.prompt_sha256 = std::string(64, 'd');
  prediction.prompt_tokens = 10;
  prediction.cached_tokens = 4;
  prediction.shots_used = 3;
  prediction.output = item.target;
  prediction.output_token_ids = {1, 2};
  prediction.finish_reason = FinishReason::kStop;
  return prediction;
}

std::vector<Prediction> RightAnswers(const Lease& lease) {
  std::vector<Prediction> predictions;
  for (const Item& item : lease.items) predictions.push_back(RightAnswer(item));
  return predictions;
}

std::vector<LeasedShard> LeaseAny(ShardStore& shards, const WorkerInfo& worker, int count) {
  std::vector<RunChoice> choices;
  for (const QueuedRun& run : Must(shards.ReadState()).runs) choices.push_back({run.run_id, count});
  return Must(shards.Lease(worker, choices, absl::Seconds(30))).shards;
}

Coordinator::Coordinator(const std::string& url, absl::Duration lease_time)
    : database(url, 16),
      datasets(&database),
      models(&database),
      jobs(&database),
      shards(&database),
      predictions(&database),
      workers(&database),
      benchmarks(&database),
      catalog(&benchmarks),
      cache(&datasets, 1 << 20),
      answers(&database),
      planner(&datasets, &models, &jobs, &workers, &catalog, &cache, &answers),
      // What a test has changed is seen at once.
      leases(&shards, &catalog, &cache, &answers, lease_time, Clock::Real(), nullptr,
             {absl::ZeroDuration(), absl::ZeroDuration()}) {
  Must(Migrate(database, EmbeddedMigrations()));
}

CoordinatorTest::CoordinatorTest()
    : url_(PostgresServer::Shared().CreateDatabase(SampleDatabase())), coordinator_(url_) {}

int64_t CoordinatorTest::Submit(int64_t shard_items, RunSettings settings) {
  std::vector<NewRun> runs;
  for (PlannedRun& run :
       Must(coordinator_.planner.Plan({{"tiny"}, {"bbh"}, settings, shard_items}))) {
    runs.push_back(std::move(run.run));
  }
  return Must(coordinator_.jobs.Submit(runs));
}

Lease CoordinatorTest::GrantOne(const std::string& worker) {
  std::vector<Lease> leases = Must(coordinator_.leases.Grant(SampleWorker(worker), 1, {}));
  if (leases.empty()) throw std::runtime_error("nothing is pending");
  return std::move(leases[0]);
}

void CoordinatorTest::Expire() {
  Query("UPDATE shards SET deadline = now() - interval '1 s' WHERE state = 'leased' RETURNING 1");
}

std::string CoordinatorTest::Query(const std::string& sql) {
  pqxx::connection connection(url_);
  pqxx::work tx(connection);
  const pqxx::result rows = tx.exec(sql);
  tx.commit();
  return rows.empty() || rows[0][0].is_null() ? "" : rows[0][0].c_str();
}

RunProgress CoordinatorTest::Run(int64_t job_id) {
  return Must(coordinator_.jobs.Get(job_id)).runs.at(0);
}

}  // namespace assay
