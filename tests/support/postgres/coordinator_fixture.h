// Tests of the coordinator on a real database: a fresh one for each test, with a small data set and
// a model in it.
#ifndef ASSAY_TESTS_SUPPORT_POSTGRES_COORDINATOR_FIXTURE_H_
#define ASSAY_TESTS_SUPPORT_POSTGRES_COORDINATOR_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/domain/worker.h"
#include "coordinator/catalog/benchmark_catalog.h"
#include "coordinator/lease/lease_manager.h"
#include "coordinator/planner/planner.h"
#include "coordinator/store/answer_store.h"
#include "coordinator/store/benchmark_store.h"
#include "coordinator/store/database.h"
#include "coordinator/store/dataset.h"
#include "coordinator/store/dataset_store.h"
#include "coordinator/store/job_store.h"
#include "coordinator/store/model_store.h"
#include "coordinator/store/prediction_store.h"
#include "coordinator/store/shard_store.h"
#include "coordinator/store/worker_store.h"
#include "tests/support/postgres/postgres_server.h"

namespace assay {

// A BBH data set of two tasks, "navigate" and "words", of ten items each, three of which are
// examples: 14 items are asked. The target of the item i of a task is "answer i".
std::vector<SourceFile> SampleFiles();
DatasetInfo SampleInfo();
std::vector<Item> SampleItems();

ModelSpec SampleModel(const std::string& name = "tiny");
WorkerInfo SampleWorker(const std::string& id = "worker-1", const std::string& kernels = "avx2");

// A right answer, with 10 tokens of prompt, 4 of them from the cache, and 2 generated ones.
Prediction RightAnswer(const Item& item);
std::vector<Prediction> RightAnswers(const Lease& lease);

// Of the first run of which the worker may have any, in the order in which they were submitted.
std::vector<LeasedShard> LeaseAny(ShardStore& shards, const WorkerInfo& worker, int count);

// What a coordinator is made of, on the database at `url`, migrated.
struct Coordinator {
  explicit Coordinator(const std::string& url, absl::Duration lease_time = absl::Seconds(30));

  Database database;
  DatasetStore datasets;
  ModelStore models;
  JobStore jobs;
  ShardStore shards;
  PredictionStore predictions;
  WorkerStore workers;
  BenchmarkStore benchmarks;
  BenchmarkCatalog catalog;
  DatasetCache cache;
  AnswerStore answers;
  Planner planner;
  LeaseManager leases;
};

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest();

  // Of the sample data set by the sample model; returns the job's id.
  int64_t Submit(int64_t shard_items, RunSettings settings = {});
  // One lease, or the test fails.
  Lease GrantOne(const std::string& worker = "worker-1");
  // Makes every lease that is held now run out.
  void Expire();
  // The first field of the first row of a query.
  std::string Query(const std::string& sql);
  RunProgress Run(int64_t job_id);

  const std::string url_;
  Coordinator coordinator_;
};

}  // namespace assay

#endif  // ASSAY_TESTS_SUPPORT_POSTGRES_COORDINATOR_FIXTURE_H_
