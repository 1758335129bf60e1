#include "worker/session/lease_benchmarks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/sha256.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr char kText[] =
    "name: mine\nversion: 1\ndescription: d\ndata: {files: d.csv, format: csv}\n"
    "items: {fields: [q], target: t}\n"
    "protocols: [{name: p, request: generate, prompt: \"{q}\", max_output: 1, grader: number}]\n";

TEST(LeaseBenchmarksTest, FindsTheProgramsOwnByName) {
  LeaseBenchmarks benchmarks;
  Lease lease;
  lease.run.benchmark = "mmlu";
  EXPECT_EQ((*benchmarks.Find(lease))->name(), "mmlu");
  lease.run.benchmark = "mine";
  EXPECT_TRUE(absl::IsNotFound(benchmarks.Find(lease).status()));
}

TEST(LeaseBenchmarksTest, ReadsAUsersFromTheLease) {
  LeaseBenchmarks benchmarks;
  Lease lease;
  lease.run.benchmark = "mine";
  lease.run.benchmark_sha256 = Sha256Hex(kText);
  lease.benchmark_text = kText;
  const auto found = benchmarks.Find(lease);
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)->name(), "mine");
  EXPECT_EQ(*benchmarks.Find(lease), *found);

  lease.run.benchmark = "other";
  EXPECT_EQ(benchmarks.Find(lease).status().message(),
            "the lease's text declares benchmark mine, not other");
  lease.run.benchmark_sha256 = Sha256Hex("x");
  EXPECT_THAT(std::string(benchmarks.Find(lease).status().message()), HasSubstr("sha256 is not"));
}

}  // namespace
}  // namespace assay
