#include "worker/process/program_sandbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/benchmark/benchmark.h"
#include "common/catalog/built_in.h"
#include "common/domain/prediction.h"
#include "common/scoring/human_eval_program.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

class ProgramSandboxTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const absl::Status status = sandbox_.Check(); !status.ok()) {
      GTEST_SKIP() << "no sandbox here: " << status.message();
    }
  }
  std::string Run(const std::string& program) {
    const absl::StatusOr<std::string> outcome = sandbox_.Run(program);
    return outcome.ok() ? *outcome : outcome.status().ToString();
  }

  ProgramSandbox sandbox_{SandboxOptions()};
};

TEST_F(ProgramSandboxTest, ThePublishedSolutionsOfTheSamplePass) {
  const Benchmark& benchmark = **FindBenchmark("human_eval");
  const auto files = CollectFiles(benchmark, "deploy/sample_data/human_eval");
  ASSERT_TRUE(files.ok()) << files.status();
  const auto items = benchmark.Parse(*files);
  ASSERT_TRUE(items.ok()) << items.status();
  for (const Item& item : *items) {
    EXPECT_EQ(Run(MakeHumanEvalProgram(item, item.target)), kProgramPassed) << item.id;
    EXPECT_EQ(Run(MakeHumanEvalProgram(item, "    return None\n")), "failed: AssertionError")
        << item.id;
  }
}

TEST_F(ProgramSandboxTest, AProgramCannotSayThatItPassed) {
  EXPECT_THAT(Run("import os\nos._exit(0)"), HasSubstr("ended before its tests did"));
  EXPECT_THAT(Run("import sys\nprint('passed')\nsys.exit(0)"),
              HasSubstr("ended before its tests did"));
  EXPECT_THAT(Run("def f(:"), HasSubstr("failed: SyntaxError"));
  EXPECT_THAT(Run("while True: pass"), HasSubstr("timed out: "));
}

TEST_F(ProgramSandboxTest, AfterStopNothingRuns) {
  sandbox_.Stop();
  EXPECT_TRUE(absl::IsCancelled(sandbox_.Run("").status()));
  sandbox_.Stop();
}

}  // namespace
}  // namespace assay
