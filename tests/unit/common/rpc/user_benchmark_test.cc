// What runs, leases and data sets of users' benchmarks carry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/rpc/convert.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

const std::string kDigest(64, 'b');

Lease ALease() {
  Lease lease;
  lease.key = {1, 0, 2};
  lease.run.benchmark = "mine";
  lease.run.model_name = "tiny";
  lease.run.benchmark_sha256 = kDigest;
  lease.model.name = "tiny";
  lease.model.path = "/m";
  lease.model.format = "gguf";
  lease.model.architecture = "llama";
  lease.model.weights_sha256 = kDigest;
  lease.model.tokenizer_sha256 = kDigest;
  lease.model.parameters = 1;
  lease.model.context_length = 8;
  lease.model.vocabulary_size = 8;
  Item item;
  item.id = "mine/0";
  item.group = "mine";
  item.split = "test";
  lease.items = {item};
  lease.benchmark_text = "name: mine\n";
  return lease;
}

TEST(UserBenchmarkTest, LeasesCarryTheText) {
  const auto lease = FromProto(ToProto(ALease()));
  ASSERT_TRUE(lease.ok()) << lease.status();
  EXPECT_EQ(lease->run.benchmark_sha256, kDigest);
  EXPECT_EQ(lease->benchmark_text, "name: mine\n");
}

TEST(UserBenchmarkTest, ADigestIsADigestOrNothing) {
  v1::RunSpec run = ToProto(ALease().run);
  run.set_benchmark_sha256("x");
  EXPECT_THAT(std::string(FromProto(run).status().message()),
              HasSubstr("RunSpec.benchmark_sha256: must be 64"));
  run.clear_benchmark_sha256();
  EXPECT_TRUE(FromProto(run).ok());
}

TEST(UserBenchmarkTest, DataSetsSayWhatTheyWereReadBy) {
  DatasetInfo dataset = {"mine", "mine", kDigest, 1, 0, 1};
  dataset.reading_sha256 = std::string(64, 'c');
  const auto read = FromProto(ToProto(dataset));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->reading_sha256, dataset.reading_sha256);
}

}  // namespace
}  // namespace assay
