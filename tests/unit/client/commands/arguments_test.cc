// What the command line itself gets wrong, and a service that is not there.
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(CommandsTest, HelpTellsCommandsAndExitCodes) {
  EXPECT_EQ(RunAlone({"--help"}), kExitOk);
  for (const char* text : {"dataset", "model", "benchmark", "eval", "jobs", "watch", "cancel",
                           "results", "predictions", "workers", "up", "--coordinator", "130"}) {
    EXPECT_THAT(out_, HasSubstr(text));
  }
  EXPECT_THAT(err_, IsEmpty());
  EXPECT_EQ(RunAlone({"eval", "--help"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("--dry-run"));
}

TEST_F(CommandsTest, VersionIsOneLine) {
  EXPECT_EQ(RunAlone({"--version"}), kExitOk);
  EXPECT_EQ(out_, "assay 0.1.0\n");
}

struct WrongLine {
  std::vector<std::string> arguments;
  std::string message;
};

TEST_F(CommandsTest, WrongLinesAreToldAndExitWithTwo) {
  const std::vector<WrongLine> lines = {
      {{}, "subcommand is required"},
      {{"frobnicate"}, "unknown command \"frobnicate\"; there are: up, dataset, model"},
      {{"dataset", "drop"}, "unknown command \"drop\"; there are: import, list"},
      {{"jobs", "--frobnicate"}, "--frobnicate"},
      {{"dataset"}, "subcommand is required"},
      {{"watch"}, "job is required"},
      {{"watch", "seven"}, "seven"},
      {{"results", "0"}, "0"},
      {{"jobs", "--format", "xml"}, "unknown format \"xml\"; there are: table, json, csv"},
      {{"eval", "--model", "m"}, "--benchmark is required"},
      {{"eval", "--model", "m", "--benchmark", "b", "--limit", "0"}, "--limit"},
      {{"eval", "--model", "m", "--benchmark", "b", "--shots", "-1"}, "--shots"},
      {{"eval", "--model", "m", "--benchmark", "b", "--precision", "int3"},
       "unknown precision \"int3\"; there are: float32, bfloat16, float16"},
      {{"eval", "--model", "m", "--benchmark", "b", "--dry-run", "--detach"}, "excludes"},
      {{"jobs", "--coordinator", "localhost"}, "\"localhost\" is not HOST:PORT"},
      {{"jobs", "--coordinator", "localhost:99999"}, "is not HOST:PORT"},
      {{"up", "--workers", "-1"}, "--workers"},
  };
  for (const WrongLine& line : lines) {
    EXPECT_EQ(RunAlone(line.arguments), kExitUsage) << testing::PrintToString(line.arguments);
    EXPECT_THAT(err_, HasSubstr(line.message)) << testing::PrintToString(line.arguments);
    EXPECT_THAT(out_, IsEmpty());
  }
}

TEST_F(CommandsTest, TellsHowToStartAServiceThatIsNotThere) {
  server_.Stop();
  for (const std::vector<std::string>& line : {std::vector<std::string>{"jobs"},
                                               {"workers"},
                                               {"watch", "7"},
                                               {"cancel", "7"},
                                               {"eval", "--model", "m", "--benchmark", "b"}}) {
    EXPECT_EQ(Run(line), kExitUnreachable);
    EXPECT_THAT(err_, HasSubstr("cannot reach the coordinator at " + server_.address() +
                                ": start one with `assay up`"));
  }
}

TEST_F(CommandsTest, PassesOnWhatTheServiceSaysOfItsDatabase) {
  service_.list_jobs = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "the database is not reachable: gone");
  };
  EXPECT_EQ(Run({"jobs"}), kExitUnreachable);
  EXPECT_EQ(err_, "assay: the database is not reachable: gone\n");
}

TEST_F(CommandsTest, NotFoundExitsWithFour) {
  service_.get_results = [](const auto&, auto*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "there is no job 9");
  };
  EXPECT_EQ(Run({"results", "9"}), kExitNotFound);
  EXPECT_EQ(err_, "assay: there is no job 9\n");
}

}  // namespace
}  // namespace assay
