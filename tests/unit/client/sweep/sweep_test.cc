#include "client/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

v1::ListBenchmarksResponse Benchmarks() {
  v1::ListBenchmarksResponse benchmarks;
  v1::BenchmarkInfo& mmlu = *benchmarks.add_benchmarks();
  mmlu.set_name("mmlu");
  mmlu.add_protocols()->set_name("instructeval");
  mmlu.add_protocols()->set_name("lm-eval");
  v1::BenchmarkInfo& bbh = *benchmarks.add_benchmarks();
  bbh.set_name("bbh");
  bbh.add_protocols()->set_name("instructeval");
  return benchmarks;
}

v1::ListDatasetsResponse Datasets() {
  v1::ListDatasetsResponse datasets;
  datasets.add_datasets()->set_name("bbh-small");
  datasets.mutable_datasets(0)->set_benchmark("bbh");
  return datasets;
}

TEST(SweepTest, IsEveryCombination) {
  const absl::StatusOr<Sweep> sweep = ReadSweep("s.yaml",
                                                "models: [a, b]\n"
                                                "benchmarks: [mmlu, bbh-small]\n"
                                                "shots: [0, 5]\n"
                                                "templates: [none, chat]\n"
                                                "protocols: [instructeval, lm-eval]\n"
                                                "precisions: [float32]\n"
                                                "limit: 7\n");
  ASSERT_TRUE(sweep.ok()) << sweep.status();
  const absl::StatusOr<ExpandedSweep> expanded = Expand(*sweep, Benchmarks(), Datasets());
  ASSERT_TRUE(expanded.ok()) << expanded.status();
  EXPECT_THAT(expanded->left_out, ElementsAre("bbh-small has no protocol lm-eval"));
  ASSERT_EQ(expanded->request.parts_size(), 8);
  const v1::SubmitJobRequest& first = expanded->request.parts(0);
  EXPECT_THAT(first.models(), ElementsAre("a", "b"));
  EXPECT_THAT(first.benchmarks(), ElementsAre("mmlu", "bbh-small"));
  EXPECT_EQ(first.settings().protocol(), "instructeval");
  EXPECT_EQ(first.settings().shots(), 0);
  EXPECT_EQ(first.settings().limit(), 7);
  EXPECT_EQ(first.settings().precision(), v1::PRECISION_FLOAT32);
  const v1::SubmitJobRequest& last = expanded->request.parts(7);
  EXPECT_THAT(last.benchmarks(), ElementsAre("mmlu"));
  EXPECT_EQ(last.settings().protocol(), "lm-eval");
  EXPECT_EQ(last.settings().shots(), 5);
}

TEST(SweepTest, WhatIsNotSaidIsAsItIsByItself) {
  const absl::StatusOr<ExpandedSweep> expanded =
      Expand({.models = {"a"}, .benchmarks = {"mmlu"}}, Benchmarks(), Datasets());
  ASSERT_TRUE(expanded.ok()) << expanded.status();
  ASSERT_EQ(expanded->request.parts_size(), 1);
  EXPECT_EQ(expanded->request.parts(0).settings().protocol(), "");
  EXPECT_FALSE(expanded->request.parts(0).settings().has_shots());
}

TEST(SweepTest, NothingLeftIsAnError) {
  const absl::Status status =
      Expand({.models = {"a"}, .benchmarks = {"bbh"}, .protocols = {"lm-eval"}}, Benchmarks(),
             Datasets())
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("bbh has no protocol lm-eval"));
}

TEST(SweepTest, EveryMistakeOfAFileIsTold) {
  const absl::Status status =
      ReadSweep("s.yaml", "models: a\nbenchmark: [b]\nshots: [-1]\ntemplates: [plain]\n").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("s.yaml:1:9: models is a text"));
  EXPECT_THAT(message, HasSubstr("s.yaml:2:1: unknown key \"benchmark\""));
  EXPECT_THAT(message, HasSubstr("s.yaml:3:9: shots[0] is \"-1\""));
  EXPECT_THAT(message, HasSubstr("s.yaml:4:13: templates[0]"));
}

}  // namespace
}  // namespace assay
