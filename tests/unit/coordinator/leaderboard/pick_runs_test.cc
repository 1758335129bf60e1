#include "coordinator/leaderboard/pick_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PickRunsTest : public testing::Test {
 protected:
  PickRunsTest() {
    protocol_.name = "instructeval";
    protocol_.version = 2;
    protocol_.shots = 5;
    ungraded_.name = "instructeval";
    ungraded_.version = 1;
    ungraded_.verdict_metric = "";
    for (ProtocolSpec* judge : {&relevance_, &coherence_, &loose_}) {
      judge->version = 1;
      judge->verdict_metric = "";
    }
    relevance_.name = "judge-relevance";
    relevance_.criterion = relevance_.value_metric = "relevance";
    coherence_.name = "judge-coherence";
    coherence_.criterion = coherence_.value_metric = "coherence";
    loose_.name = "judge-relevance-instructeval";
    loose_.criterion = loose_.value_metric = "relevance";
  }

  // A whole run with the default settings; the later ones are the newer ones.
  Candidate& Add(const std::string& model = "m", const std::string& benchmark = "mmlu") {
    Candidate candidate;
    RunSummary& run = candidate.run;
    run.spec.run_id = ++runs_;
    run.spec.model_name = model;
    run.spec.benchmark = benchmark;
    run.spec.settings.protocol = protocol_.name;
    run.spec.settings.protocol_version = 2;
    run.spec.settings.shots = 5;
    run.spec.settings.sampling.temperature = 0;
    run.state = State::kCompleted;
    run.items = run.items_done = 10;
    candidate.protocol = &protocol_;
    candidate.is_default_protocol = true;
    candidate.is_current_data = true;
    return *candidates_.insert(candidates_.begin(), candidate);
  }

  // A judge's run over the answers of `judged`.
  Candidate& AddJudge(const ProtocolSpec& protocol, const RunSummary* judged) {
    Candidate& candidate = Add("judge", "impact");
    candidate.run.spec.settings.protocol = protocol.name;
    candidate.run.spec.settings.protocol_version = protocol.version;
    candidate.run.spec.settings.shots = 0;
    candidate.run.spec.judged_run = 99;
    candidate.run.spec.judged_model = "m";
    candidate.protocol = &protocol;
    candidate.is_default_protocol = &protocol != &loose_;
    candidate.judged = judged;
    return candidate;
  }

  std::vector<int64_t> Picked() {
    std::vector<int64_t> ids;
    for (const Candidate& candidate : PickRuns(candidates_, query_).picked) {
      ids.push_back(candidate.run.spec.run_id);
    }
    return ids;
  }
  // The reason of the only omission there is.
  OmissionReason Omitted() {
    const PickedRuns picked = PickRuns(candidates_, query_);
    EXPECT_THAT(picked.picked, IsEmpty());
    EXPECT_EQ(picked.omissions.size(), 1u);
    return picked.omissions.empty() ? OmissionReason::kProtocol : picked.omissions[0].reason;
  }

  ProtocolSpec protocol_, ungraded_, relevance_, coherence_, loose_;
  std::vector<Candidate> candidates_;  // the newest first
  LeaderboardQuery query_;
  int64_t runs_ = 0;
};

TEST_F(PickRunsTest, TheNewestRunOfEachModelAndBenchmark) {
  Add("b");
  Add("a");
  Add("a");
  Add("a", "bbh");
  EXPECT_THAT(Picked(), ElementsAre(4, 3, 1));
  EXPECT_THAT(PickRuns(candidates_, query_).omissions, IsEmpty());
}

TEST_F(PickRunsTest, OtherSettingsDoNotCount) {
  const auto reason_of = [&](auto change) {
    candidates_.clear();
    change(Add());
    return Omitted();
  };
  const auto settings = [](Candidate& c) -> RunSettings& { return c.run.spec.settings; };
  EXPECT_EQ(reason_of([](Candidate& c) { c.is_default_protocol = false; }),
            OmissionReason::kProtocol);
  EXPECT_EQ(reason_of([](Candidate& c) { c.protocol = nullptr; }), OmissionReason::kVersion);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).protocol_version = 1; }),
            OmissionReason::kVersion);
  EXPECT_EQ(reason_of([](Candidate& c) { c.is_current_data = false; }), OmissionReason::kData);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).shots = 0; }), OmissionReason::kShots);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).precision = Precision::kFloat32; }),
            OmissionReason::kPrecision);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).prompt_template = PromptTemplate::kChat; }),
            OmissionReason::kTemplate);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).system_prompt = "be good"; }),
            OmissionReason::kSettings);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).bos = BosHandling::kNever; }),
            OmissionReason::kSettings);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).sampling.temperature = 0.5; }),
            OmissionReason::kSettings);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).sampling.samples = 2; }),
            OmissionReason::kSettings);
  EXPECT_EQ(reason_of([&](Candidate& c) { settings(c).limit = 3; }), OmissionReason::kLimit);
  EXPECT_EQ(reason_of([](Candidate& c) { c.run.state = State::kRunning; }),
            OmissionReason::kUnfinished);
}

TEST_F(PickRunsTest, SamplesCountAtTheTemperatureThatTheProtocolHasForThem) {
  ProtocolSpec sampled = protocol_;
  sampled.name = "sampled";
  sampled.temperatures = {{1, 0.1}, {10, 0.6}};
  Add();
  const auto add_sampled = [&](int samples, double temperature) -> Candidate& {
    Candidate& candidate = Add();
    candidate.run.spec.settings.protocol = "sampled";
    candidate.run.spec.settings.sampling.samples = samples;
    candidate.run.spec.settings.sampling.temperature = temperature;
    candidate.protocol = &sampled;
    candidate.is_default_protocol = false;
    return candidate;
  };
  add_sampled(10, 0.6);
  add_sampled(1, 0.1);
  add_sampled(10, 0.8);
  add_sampled(10, 0.6).run.spec.settings.sampling.top_k = 5;
  EXPECT_THAT(Picked(), ElementsAre(1));
  query_.samples = 10;
  for (Candidate& candidate : candidates_) candidate.sampling_protocol = &sampled;
  EXPECT_THAT(Picked(), ElementsAre(2));
  query_.samples = 1;
  query_.protocol = "sampled";
  EXPECT_THAT(Picked(), ElementsAre(3));
}

TEST_F(PickRunsTest, BenchmarksThatAreNotSampledKeepTheirRuns) {
  Add();
  query_.samples = 10;
  EXPECT_THAT(Picked(), ElementsAre(1));
}

TEST_F(PickRunsTest, OtherSettingsCountWhenTheyAreAskedFor) {
  Add();
  Candidate& other = Add();
  other.run.spec.settings.shots = 0;
  other.run.spec.settings.precision = Precision::kFloat32;
  other.run.spec.settings.prompt_template = PromptTemplate::kAlpaca;
  EXPECT_THAT(Picked(), ElementsAre(1));
  query_.shots = 0;
  query_.precision = Precision::kFloat32;
  query_.prompt_template = PromptTemplate::kAlpaca;
  EXPECT_THAT(Picked(), ElementsAre(2));
  query_.protocol = "lm-eval";
  EXPECT_THAT(Picked(), IsEmpty());
  candidates_[0].run.spec.settings.protocol = "lm-eval";
  EXPECT_THAT(Picked(), ElementsAre(2));
}

TEST_F(PickRunsTest, PartsOnlyWhenAskedForAndAfterWholeRuns) {
  Add("a");
  Add("a").run.spec.settings.limit = 3;
  Candidate& running = Add("b");
  running.run.state = State::kRunning;
  running.run.items_done = 1;
  Candidate& pending = Add("c");
  pending.run.state = State::kPending;
  pending.run.items_done = 0;
  EXPECT_THAT(Picked(), ElementsAre(1));
  query_.partial = true;
  EXPECT_THAT(Picked(), ElementsAre(1, 3));
}

TEST_F(PickRunsTest, OmissionsAreOfEmptyCellsOnlyAndOfTheNewestRun) {
  Add("a");
  Add("a").run.spec.settings.limit = 3;
  Add("b").run.spec.settings.shots = 1;
  Add("b").run.spec.settings.limit = 3;
  Add("c").run.spec.settings.limit = 3;
  const PickedRuns picked = PickRuns(candidates_, query_);
  ASSERT_EQ(picked.omissions.size(), 1u);
  EXPECT_EQ(picked.omissions[0].benchmark, "mmlu");
  EXPECT_EQ(picked.omissions[0].reason, OmissionReason::kLimit);
  EXPECT_EQ(picked.omissions[0].cells, 2);
}

TEST_F(PickRunsTest, RatingsStandWithTheModelThatWasJudged) {
  RunSummary answers;
  answers.state = State::kCompleted;
  answers.spec.settings.sampling.temperature = 0;
  Candidate& own = Add("m", "impact");
  own.protocol = &ungraded_;  // answers without a metric
  AddJudge(relevance_, &answers);
  AddJudge(coherence_, &answers);
  AddJudge(loose_, &answers);
  const PickedRuns picked = PickRuns(candidates_, query_);
  ASSERT_EQ(picked.picked.size(), 2u);
  EXPECT_EQ(picked.picked[0].protocol, &coherence_);
  EXPECT_EQ(picked.picked[1].protocol, &relevance_);
  EXPECT_THAT(picked.omissions, IsEmpty());
  query_.protocol = "instructeval";
  EXPECT_THAT(Picked(), ElementsAre(4));
}

TEST_F(PickRunsTest, TheSettingsOfTheAnswersCountNotTheJudges) {
  RunSummary answers;
  answers.state = State::kCompleted;
  answers.spec.settings.sampling.temperature = 0;
  AddJudge(relevance_, &answers).run.spec.settings.precision = Precision::kFloat32;
  EXPECT_THAT(Picked(), ElementsAre(1));
  answers.spec.settings.limit = 5;
  EXPECT_EQ(Omitted(), OmissionReason::kLimit);
  answers.spec.settings.limit = 0;
  answers.spec.settings.precision = Precision::kFloat32;
  EXPECT_EQ(Omitted(), OmissionReason::kPrecision);
  candidates_[0].judged = nullptr;
  EXPECT_EQ(Omitted(), OmissionReason::kUnfinished);
}

}  // namespace
}  // namespace assay
