// The commands about models side by side.
#include <cstdlib>
#include <filesystem>
#include <map>

#include "client/output/record_writer.h"
#include "common/base/file.h"
#include "tests/unit/client/commands/commands_fixture.h"

namespace assay {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class LeaderboardTest : public CommandsTest {
 protected:
  LeaderboardTest() {
    service_.get_leaderboard = [this](const v1::GetLeaderboardRequest& request,
                                      v1::GetLeaderboardResponse* response) {
      requests_.push_back(request);
      *response = request.has_shots() && request.shots() == 0 ? zero_shot_ : board_;
      if (request.baselines()) *response->mutable_baselines() = baselines_.baselines();
      return grpc::Status::OK;
    };
    service_.get_run_scores = [this](const v1::GetRunScoresRequest& request,
                                     v1::GetRunScoresResponse* response) {
      const auto found = scores_.find(request.run_id());
      if (found == scores_.end()) return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such run");
      *response = found->second;
      return grpc::Status::OK;
    };
    AddCell(1, "small", "mmlu", 0.25, &board_);
    AddCell(2, "large", "mmlu", 0.5, &board_);
    AddCell(3, "large", "bbh", 0.75, &board_);
    v1::ModelFacts& facts = *board_.add_facts();
    facts.set_name("large");
    facts.set_foundation("LLaMA");
    facts.set_parameters(13'000'000'000);
    facts.set_method(v1::TRAINING_METHOD_SUPERVISED);
    facts.set_source("meta/large");
    v1::Baseline& published = *baselines_.add_baselines();
    published.set_name("table");
    published.set_source("instructeval");
    published.set_kind(v1::BASELINE_KIND_PROBLEM_SOLVING);
    published.set_sha256(std::string(64, 'a'));
    v1::BaselineRow& row = *published.add_rows();
    row.set_line(2);
    row.set_model("Large One");
    row.set_source("meta/large");
    (*row.mutable_scores())["mmlu"] = 0.48;
  }

  static void AddCell(int64_t run, const std::string& model, const std::string& benchmark,
                      double value, v1::GetLeaderboardResponse* board) {
    v1::LeaderboardCell& cell = *board->add_cells();
    *cell.mutable_run() = MakeRun(benchmark, v1::STATE_COMPLETED, 8, 8).spec();
    cell.mutable_run()->set_run_id(run);
    cell.mutable_run()->set_model_name(model);
    cell.set_model(model);
    cell.set_state(v1::STATE_COMPLETED);
    cell.set_items(8);
    cell.set_items_done(8);
    v1::Metric& metric = *cell.add_metrics();
    metric.set_name("accuracy");
    metric.set_value(value);
    metric.set_standard_error(0.1);
    metric.set_low(value - 0.2);
    metric.set_high(value + 0.2);
    metric.set_items(8);
    metric.set_errors(1);
  }

  // Verdicts of a run, '1' or '0' for each item.
  void AddScores(int64_t run, const std::string& verdicts) {
    v1::GetRunScoresResponse& scores = scores_[run];
    *scores.mutable_spec() = MakeRun("mmlu", v1::STATE_COMPLETED, 8, 8).spec();
    scores.mutable_spec()->set_run_id(run);
    scores.set_metric("accuracy");
    scores.add_groups("all");
    for (size_t i = 0; i < verdicts.size(); ++i) {
      scores.add_item_ordinal(static_cast<int64_t>(i));
      scores.add_sample_index(0);
      scores.add_group(0);
      scores.add_cluster(static_cast<int32_t>(i));
      scores.add_value(verdicts[i] == '1' ? 1 : 0);
      scores.add_verdict(verdicts[i] == '1' ? v1::VERDICT_CORRECT : v1::VERDICT_WRONG);
    }
  }

  Json RunJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--format", "json"});
    EXPECT_EQ(Run(std::move(arguments)), kExitOk) << err_;
    return Json::parse(out_, nullptr, /*allow_exceptions=*/false);
  }

  v1::GetLeaderboardResponse board_, zero_shot_;
  v1::ListBaselinesResponse baselines_;
  std::map<int64_t, v1::GetRunScoresResponse> scores_;
  std::vector<v1::GetLeaderboardRequest> requests_;
};

TEST_F(LeaderboardTest, TableHasARowForEachModel) {
  EXPECT_EQ(Run({"leaderboard", "--benchmark", "mmlu,bbh", "--sort", "MMLU"}), kExitOk);
  EXPECT_EQ(out_,
            "model  foundation  size  method      MMLU   BBH\n"
            "large  LLaMA        13B  supervised  50.0  75.0\n"
            "small                                25.0     -\n");
  EXPECT_THAT(err_, IsEmpty());
  EXPECT_EQ(Run({"leaderboard", "--benchmark", "mmlu", "--intervals"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("50.0 [30.0–70.0; 8]"));
}

TEST_F(LeaderboardTest, TheSuiteIsTheDefault) {
  const Json document = RunJson({"leaderboard"});
  EXPECT_EQ(document["columns"].size(), 9u);
  EXPECT_EQ(document["columns"][5]["key"], "average");
  EXPECT_EQ(document["sorted_by"], "average");
  ASSERT_EQ(document["rows"].size(), 2u);
  const Json& row = document["rows"][0];
  EXPECT_EQ(row["model"], "large");
  EXPECT_EQ(row["parameters"], 13'000'000'000);
  EXPECT_EQ(row["scores"]["mmlu"]["value"], 0.5);
  EXPECT_EQ(row["scores"]["mmlu"]["run_id"], 2);
  EXPECT_EQ(row["scores"]["mmlu"]["errors"], 1);
  EXPECT_FALSE(row["scores"].contains("average"));
  ASSERT_EQ(requests_.size(), 1u);
  EXPECT_EQ(requests_[0].precision(), v1::PRECISION_BFLOAT16);
  EXPECT_FALSE(requests_[0].has_shots());
  EXPECT_FALSE(requests_[0].groups());
}

TEST_F(LeaderboardTest, OptionsChooseWhichRunsCount) {
  EXPECT_EQ(Run({"leaderboard", "--protocol", "lm-eval", "--shots", "2", "--precision", "float32",
                 "--template", "chat", "--dataset", "a,b", "--partial", "--view", "alignment",
                 "--samples", "10"}),
            kExitOk)
      << err_;
  ASSERT_EQ(requests_.size(), 1u);
  const v1::GetLeaderboardRequest& request = requests_[0];
  EXPECT_EQ(request.protocol(), "lm-eval");
  EXPECT_EQ(request.shots(), 2);
  EXPECT_EQ(request.samples(), 10);
  EXPECT_EQ(request.precision(), v1::PRECISION_FLOAT32);
  EXPECT_EQ(request.prompt_template(), v1::PROMPT_TEMPLATE_CHAT);
  EXPECT_EQ(request.datasets_size(), 2);
  EXPECT_TRUE(request.partial());
  EXPECT_TRUE(request.groups());
}

TEST_F(LeaderboardTest, FiltersAndOrder) {
  EXPECT_EQ(RunJson({"leaderboard", "--sort", "mmlu", "--ascending"})["rows"][0]["model"], "small");
  EXPECT_EQ(RunJson({"leaderboard", "--size", "1b..13b"})["rows"].size(), 1u);
  EXPECT_EQ(RunJson({"leaderboard", "--foundation", "llama"})["rows"][0]["model"], "large");
  EXPECT_EQ(RunJson({"leaderboard", "--method", "rlhf"})["rows"].size(), 0u);
  EXPECT_EQ(Run({"leaderboard", "--sort", "nosuch"}), kExitUsage);
  EXPECT_THAT(err_, AllOf(HasSubstr("nosuch"), HasSubstr("human_eval")));
  EXPECT_EQ(Run({"leaderboard", "--size", "13b..1b"}), kExitUsage);
  EXPECT_EQ(Run({"leaderboard", "--method", "magic"}), kExitUsage);
  EXPECT_EQ(Run({"leaderboard", "--view", "nosuch"}), kExitUsage);
  EXPECT_EQ(Run({"leaderboard", "--precision", "float8"}), kExitUsage);
}

TEST_F(LeaderboardTest, PublishedResultsStandBesideOurs) {
  EXPECT_EQ(Run({"leaderboard", "--baselines", "--benchmark", "mmlu"}), kExitOk);
  EXPECT_THAT(out_,
              StartsWith("model        published by  foundation  size  method             MMLU\n"
                         "large                      LLaMA        13B  supervised         50.0\n"
                         "└ Large One  instructeval  LLaMA        13B  supervised  48.0 (+2.0)\n"));
  const Json document = RunJson({"leaderboard", "--baselines", "--benchmark", "mmlu"});
  const Json& row = document["rows"][1];
  EXPECT_EQ(row["baseline"], "instructeval");
  EXPECT_EQ(row["same_as"], "large");
  EXPECT_NEAR(row["scores"]["mmlu"]["difference"].get<double>(), 0.02, 1e-12);
  EXPECT_FALSE(row["scores"]["mmlu"].contains("run_id"));
  EXPECT_EQ(Run({"leaderboard", "--baselines", "--benchmark", "mmlu", "--format", "csv"}), kExitOk);
  EXPECT_THAT(out_,
              HasSubstr("\r\nLarge One,instructeval,LLaMA,13000000000,supervised,,0.48,0.02"));
}

TEST_F(LeaderboardTest, PartsAreMarkedAndWhatIsMissingIsTold) {
  board_.mutable_cells(0)->set_partial(true);
  v1::LeaderboardOmission& omission = *board_.add_omissions();
  omission.set_benchmark("mmlu");
  omission.set_reason("limit");
  omission.set_cells(2);
  v1::LeaderboardOmission& hidden = *board_.add_omissions();
  hidden.set_benchmark("hhh");
  hidden.set_reason("shots");
  hidden.set_cells(1);
  EXPECT_EQ(Run({"leaderboard", "--benchmark", "mmlu"}), kExitOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("25.0*\n"), HasSubstr("* over a part of the items")));
  EXPECT_THAT(err_, AllOf(HasSubstr("mmlu: 2 cells are empty"), HasSubstr("--partial"),
                          Not(HasSubstr("hhh"))));
}

TEST_F(LeaderboardTest, RanksComeFromTheItems) {
  AddScores(1, "10000000");
  AddScores(2, "11111101");
  const Json document = RunJson({"leaderboard", "--ranks", "--sort", "mmlu"});
  EXPECT_EQ(document["rows"][0]["rank_best"], 1);
  EXPECT_EQ(document["rows"][0]["rank_worst"], 1);
  EXPECT_EQ(document["rows"][1]["rank_best"], 2);
  EXPECT_EQ(Run({"leaderboard", "--ranks", "--sort", "mmlu"}), kExitOk);
  EXPECT_THAT(out_, HasSubstr("95% ranks"));
  EXPECT_EQ(Run({"leaderboard", "--ranks", "--sort", "model"}), kExitUsage);
  EXPECT_EQ(Run({"leaderboard", "--ranks", "--view", "alignment", "--sort", "hhh/honest"}),
            kExitUsage);
}

TEST_F(LeaderboardTest, WhatExamplesBring) {
  AddCell(11, "small", "mmlu", 0.125, &zero_shot_);
  AddCell(3, "large", "bbh", 0.75, &zero_shot_);  // the very same run: no shots in it
  AddScores(1, "11001000");
  AddScores(11, "10000000");
  const Json document = RunJson({"leaderboard", "--shots-delta"});
  ASSERT_EQ(document["shots_deltas"].size(), 1u);
  const Json& delta = document["shots_deltas"][0];
  EXPECT_EQ(delta["model"], "small");
  EXPECT_EQ(delta["benchmark"], "mmlu");
  EXPECT_NEAR(delta["difference"].get<double>(), 0.25, 1e-12);
  // Two of eight differences are 1: s = sqrt(1.5 / 7), over sqrt(8).
  EXPECT_NEAR(delta["standard_error"].get<double>(), 0.163663, 1e-6);
  EXPECT_LT(delta["low"].get<double>(), 0);
  EXPECT_EQ(delta["items"], 8);
  EXPECT_EQ(delta["zero_run_id"], 11);
  EXPECT_EQ(requests_.size(), 2u);
}

class RegistryCommandsTest : public CommandsTest {
 protected:
  RegistryCommandsTest() {
    std::string pattern = testing::TempDir() + "assay-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    service_.put_model_facts = [this](const v1::PutModelFactsRequest& request,
                                      v1::PutModelFactsResponse* response) {
      put_ = request;
      response->set_added(request.facts_size());
      return grpc::Status::OK;
    };
    service_.list_model_facts = [](const v1::ListModelFactsRequest& request,
                                   v1::ListModelFactsResponse* response) {
      if (!request.name().empty() && request.name() != "known") {
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "there are no facts");
      }
      v1::ModelFacts& facts = *response->add_facts();
      facts.set_name("known");
      facts.set_foundation("T5");
      facts.set_parameters(3'000'000'000);
      facts.add_aliases("Known XL");
      return grpc::Status::OK;
    };
    service_.list_models = [](const auto&, v1::ListModelsResponse*) { return grpc::Status::OK; };
  }
  ~RegistryCommandsTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    EXPECT_TRUE(WriteFile(path, text).ok());
    return path;
  }

  std::string folder_;
  v1::PutModelFactsRequest put_;
};

TEST_F(RegistryCommandsTest, ImportsFacts) {
  const std::string good = File("f.yaml", "models:\n  - name: a\n    method: rlhf\n  - name: b\n");
  EXPECT_EQ(Run({"model", "facts", "import", good}), kExitOk) << err_;
  ASSERT_EQ(put_.facts_size(), 2);
  EXPECT_EQ(put_.facts(0).method(), v1::TRAINING_METHOD_RLHF);
  EXPECT_EQ(out_, "2 models: 2 are new, 0 have changed\n");
  put_.Clear();
  const std::string bad = File("g.yaml", "models:\n  - name: a\n    method: magic\n");
  EXPECT_EQ(Run({"model", "facts", "import", bad}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("g.yaml:3:13: method"));
  EXPECT_EQ(put_.facts_size(), 0);
  EXPECT_NE(Run({"model", "facts", "import", folder_ + "/none.yaml"}), kExitOk);
}

TEST_F(RegistryCommandsTest, SetsFactsOfOneModel) {
  EXPECT_EQ(Run({"model", "facts", "set", "known", "method=supervised", "foundation="}), kExitOk);
  ASSERT_EQ(put_.facts_size(), 1);
  EXPECT_EQ(put_.facts(0).parameters(), 3'000'000'000);
  EXPECT_EQ(put_.facts(0).foundation(), "");
  EXPECT_EQ(put_.facts(0).method(), v1::TRAINING_METHOD_SUPERVISED);
  EXPECT_EQ(Run({"model", "facts", "set", "new", "parameters=7b"}), kExitOk);
  EXPECT_EQ(put_.facts(0).name(), "new");
  EXPECT_EQ(put_.facts(0).parameters(), 7'000'000'000);
  EXPECT_EQ(Run({"model", "facts", "set", "known", "colour=red"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("unknown fact \"colour\""));
  EXPECT_EQ(Run({"model", "facts", "set", "known", "method"}), kExitUsage);
  EXPECT_EQ(Run({"model", "facts", "set", "a b", "method=rlhf"}), kExitUsage);
}

TEST_F(RegistryCommandsTest, ShowsWhatIsKnown) {
  EXPECT_EQ(Run({"model", "show", "known"}), kExitOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("foundation  T5"), HasSubstr("parameters  3B"),
                          HasSubstr("Known XL"), Not(HasSubstr("license"))));
  EXPECT_EQ(Run({"model", "show", "nosuch"}), kExitNotFound);
  EXPECT_EQ(Run({"model", "facts", "list", "--format", "json"}), kExitOk);
  const Json facts = Json::parse(out_)["facts"][0];
  EXPECT_EQ(facts["parameters"], 3'000'000'000);
  EXPECT_EQ(facts["instruction_examples"], Json());
  EXPECT_EQ(facts["aliases"][0], "Known XL");
}

TEST_F(RegistryCommandsTest, ModelsAreListedWithWhatIsKnown) {
  service_.list_models = [](const auto&, v1::ListModelsResponse* response) {
    response->add_models()->set_name("known");
    response->add_models()->set_name("other");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"model", "list", "--format", "json"}), kExitOk) << err_;
  const Json models = Json::parse(out_)["models"];
  EXPECT_EQ(models[0]["foundation"], "T5");
  EXPECT_EQ(models[1]["foundation"], "");
}

TEST_F(RegistryCommandsTest, ImportsBaselines) {
  v1::Baseline imported;
  service_.import_baseline = [&](const v1::ImportBaselineRequest& request, auto*) {
    imported = request.baseline();
    return grpc::Status::OK;
  };
  const std::string header =
      "Model,Foundation,Parameters (B),MMLU,BBH,DROP,CRASS,HumanEval,Average\n";
  const std::string good = File("problems.csv", header + "a,T5,3,10,20,30,40,50,35.0\n");
  EXPECT_EQ(Run({"baseline", "import", good, "--source", "instructeval"}), kExitOk) << err_;
  EXPECT_EQ(imported.name(), "problems");
  EXPECT_EQ(imported.source(), "instructeval");
  EXPECT_EQ(imported.file(), "problems.csv");
  EXPECT_EQ(imported.rows(0).parameters(), 3'000'000'000);
  EXPECT_THAT(out_, StartsWith("problems: imported 1 rows with 6 scores (problem_solving"));
  EXPECT_EQ(err_,
            "problems.csv:2: a: its average is 35.00, and the mean of its columns is 30.00\n");
  imported.Clear();
  EXPECT_EQ(Run({"baseline", "import", File("bad.csv", header + "a,T5,3,x,,,,,\n")}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("bad.csv:2: column 4 (MMLU): \"x\""));
  EXPECT_EQ(imported.name(), "");
}

TEST_F(RegistryCommandsTest, ListsAndRemovesBaselines) {
  service_.list_baselines = [](const auto& request, v1::ListBaselinesResponse* response) {
    EXPECT_TRUE(request.rows());
    v1::Baseline& baseline = *response->add_baselines();
    baseline.set_name("one");
    baseline.set_kind(v1::BASELINE_KIND_WRITING);
    baseline.set_sha256(std::string(64, 'a'));
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"baseline", "list", "--format", "json"}), kExitOk);
  const Json row = Json::parse(out_)["baselines"][0];
  EXPECT_EQ(row["kind"], "writing");
  EXPECT_EQ(row["rows"], 0);
  std::string removed;
  service_.remove_baseline = [&](const v1::RemoveBaselineRequest& request, auto*) {
    removed = request.name();
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"baseline", "remove", "one"}), kExitOk);
  EXPECT_EQ(removed, "one");
}

}  // namespace
}  // namespace assay
