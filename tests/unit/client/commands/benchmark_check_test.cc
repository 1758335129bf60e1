#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "client/output/record_writer.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

constexpr char kQuiz[] =
    "name: quiz\n"
    "version: 2\n"
    "description: a quiz\n"
    "data: {files: quiz.csv, format: csv}\n"
    "items: {fields: [asked], choices: {texts: [a, b]}, target: right}\n"
    "protocols:\n"
    "- {name: p, request: score_choices, shots: 1, prompt: \"{asked} {options}\",\n"
    "   grader: max_loglikelihood}\n";

// The service is never asked: none answers at the address.
class BenchmarkCheckTest : public CommandsTest {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(BenchmarkCheckTest, ShowsItemsAsTheyAreAsked) {
  const std::string file = Write("quiz.yaml", kQuiz);
  EXPECT_EQ(RunAlone({"benchmark", "check", file}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("--data PATH shows what it makes of the data"));

  Write("quiz.csv", "asked,a,b,right\none?,x,y,A\ntwo?,v,w,B\nsix?,s,t,A\n");
  EXPECT_EQ(RunAlone({"benchmark", "check", file, "--items", "1"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("3 items and 0 examples in 1 groups, from 1 files"));
  EXPECT_THAT(out_, HasSubstr("item quiz/1 of group quiz:\n"
                              "one? A. x\nB. y A\n\ntwo? A. v\nB. w\n"
                              "target: B\nscored: \" A\", \" B\"\n"));
  EXPECT_THAT(out_, Not(HasSubstr("quiz/2")));
  EXPECT_THAT(out_, HasSubstr("2 items are asked"));
}

TEST_F(BenchmarkCheckTest, TellsWhatIsWrongWithTheFileOrItsData) {
  const std::string broken = Write("broken.yaml", std::string(kQuiz) + "extra: 1\n");
  EXPECT_EQ(RunAlone({"benchmark", "check", broken}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("broken.yaml:9:1: unknown key \"extra\""));

  const std::string file = Write("quiz.yaml", kQuiz);
  Write("quiz.csv", "asked,a,b,right\none?,x,y,C\ntwo?,v\n");
  EXPECT_EQ(RunAlone({"benchmark", "check", file}), kExitUsage);
  EXPECT_THAT(err_,
              HasSubstr("quiz.csv:2: the target \"C\" is none of the options; it must be A, B"));
  EXPECT_THAT(err_, HasSubstr("quiz.csv:3: 2 columns where there must be 4"));

  // What can be read and not be asked.
  Write("quiz.csv", "asked,a,b,right\n");
  EXPECT_EQ(RunAlone({"benchmark", "check", file}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("quiz.csv: the file has no records"));
  EXPECT_EQ(RunAlone({"benchmark", "check", file, "--data", "nowhere"}), kExitUsage);
  EXPECT_EQ(RunAlone({"benchmark", "check", "nowhere.yaml"}), kExitNotFound);
}

TEST_F(BenchmarkCheckTest, ABadFileIsNotSent) {
  EXPECT_EQ(Run({"benchmark", "add", Write("broken.yaml", "a: 1\n")}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("broken.yaml:1:1: unknown key \"a\""));
}

TEST_F(BenchmarkCheckTest, PrintsTheSchema) {
  EXPECT_EQ(RunAlone({"benchmark", "schema"}), kExitOk);
  EXPECT_TRUE(Json::parse(out_)["properties"].contains("protocols"));
}

}  // namespace
}  // namespace assay
