#include "common/rpc/convert_leaderboard.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <limits>

namespace assay {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

ModelFacts SomeFacts() {
  ModelFacts facts;
  facts.name = "flan-t5-xl";
  facts.title = "Flan-T5-XL";
  facts.family = "t5";
  facts.foundation = "T5";
  facts.parameters = 3'000'000'000;
  facts.instruction_data = "Flan Collection";
  facts.instruction_examples = 15'000'000;
  facts.method = TrainingMethod::kRlhf;
  facts.tuning = Tuning::kLora;
  facts.prompt_template = "none";
  facts.precision = "float32";
  facts.license = "apache-2.0";
  facts.source = "google/flan-t5-xl";
  facts.aliases = {"a", "b"};
  return facts;
}

Baseline ABaseline() {
  Baseline baseline;
  baseline.name = "published";
  baseline.source = "instructeval";
  baseline.kind = BaselineKind::kWriting;
  baseline.file = "w.csv";
  baseline.sha256 = std::string(64, 'a');
  baseline.imported = absl::FromUnixSeconds(1'700'000'000);
  BaselineRow row;
  row.line = 2;
  row.model = "m";
  row.source = "a/b";
  row.foundation = "T5";
  row.parameters = 5;
  row.scores = {{"impact/relevance", 4.5}, {"impact/coherence", 3}};
  baseline.rows = {row};
  row.line = 4;
  baseline.rows.push_back(row);
  return baseline;
}

TEST(ConvertLeaderboardTest, ModelFacts) {
  const v1::ModelFacts proto = ToProto(SomeFacts());
  const ModelFacts back = FromProto(proto).value();
  EXPECT_TRUE(MessageDifferencer::Equals(proto, ToProto(back)));
  EXPECT_EQ(back.method, TrainingMethod::kRlhf);
  EXPECT_EQ(back.tuning, Tuning::kLora);
  EXPECT_EQ(back.aliases.size(), 2u);
  ModelFacts unknown;
  unknown.name = "m";
  EXPECT_EQ(FromProto(ToProto(unknown))->method, TrainingMethod::kUnknown);
}

TEST(ConvertLeaderboardTest, RefusesFactsThatMakeNoSense) {
  v1::ModelFacts proto = ToProto(SomeFacts());
  proto.set_method(static_cast<v1::TrainingMethod>(9));
  EXPECT_THAT(FromProto(proto).status().message(), HasSubstr("ModelFacts.method"));
  proto = ToProto(SomeFacts());
  proto.set_name("a/b");
  EXPECT_THAT(FromProto(proto).status().message(), HasSubstr("ModelFacts: name"));
  proto = ToProto(SomeFacts());
  proto.set_parameters(-5);
  EXPECT_FALSE(FromProto(proto).ok());
}

TEST(ConvertLeaderboardTest, Baseline) {
  const v1::Baseline proto = ToProto(ABaseline());
  const Baseline back = FromProto(proto).value();
  EXPECT_TRUE(MessageDifferencer::Equals(proto, ToProto(back)));
  EXPECT_EQ(back.kind, BaselineKind::kWriting);
  EXPECT_EQ(back.rows[1].line, 4);
  EXPECT_EQ(back.rows[0].scores.at("impact/relevance"), 4.5);
}

TEST(ConvertLeaderboardTest, RefusesABaselineThatMakesNoSense) {
  const auto refused = [](auto change) {
    v1::Baseline proto = ToProto(ABaseline());
    change(proto);
    const absl::Status status = FromProto(proto).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  EXPECT_THAT(refused([](v1::Baseline& b) { b.clear_name(); }), HasSubstr("Baseline.name"));
  EXPECT_THAT(refused([](v1::Baseline& b) { b.set_sha256("x"); }), HasSubstr("Baseline.sha256"));
  EXPECT_THAT(refused([](v1::Baseline& b) { b.clear_kind(); }), HasSubstr("Baseline.kind"));
  EXPECT_THAT(refused([](v1::Baseline& b) { b.mutable_rows(1)->set_line(2); }),
              HasSubstr("Baseline.rows: line 2"));
  EXPECT_THAT(refused([](v1::Baseline& b) { b.mutable_rows(0)->clear_model(); }),
              HasSubstr("BaselineRow.2.model"));
  EXPECT_THAT(refused([](v1::Baseline& b) {
                (*b.mutable_rows(0)->mutable_scores())["x"] =
                    std::numeric_limits<double>::quiet_NaN();
              }),
              HasSubstr("BaselineRow.2.scores[x]"));
}

TEST(ConvertLeaderboardTest, Query) {
  LeaderboardQuery query;
  query.protocol = "lm-eval";
  query.shots = 0;
  query.precision = Precision::kFloat32;
  query.prompt_template = PromptTemplate::kAlpaca;
  query.datasets = {"a", "b"};
  query.samples = 10;
  query.partial = query.groups = query.baselines = true;
  const v1::GetLeaderboardRequest proto = ToProto(query);
  EXPECT_TRUE(MessageDifferencer::Equals(proto, ToProto(*FromProto(proto))));
  EXPECT_EQ(FromProto(proto)->shots, 0);
  EXPECT_EQ(FromProto(proto)->samples, 10);
  const LeaderboardQuery defaults = FromProto(v1::GetLeaderboardRequest()).value();
  EXPECT_EQ(defaults.precision, Precision::kBFloat16);
  EXPECT_FALSE(defaults.shots.has_value());
  EXPECT_EQ(defaults.samples, 1);
  v1::GetLeaderboardRequest wrong;
  wrong.set_shots(-1);
  EXPECT_FALSE(FromProto(wrong).ok());
}

TEST(ConvertLeaderboardTest, Data) {
  LeaderboardData data;
  LeaderboardCell cell;
  cell.model = "m";
  cell.run.run_id = 3;
  cell.run.job_id = 2;
  cell.run.benchmark = "mmlu";
  cell.run.model_name = "m";
  cell.run.settings.protocol = "instructeval";
  cell.state = State::kRunning;
  cell.items = 10;
  cell.items_done = 4;
  cell.partial = true;
  Metric metric;
  metric.name = "accuracy";
  metric.value = 0.5;
  cell.metrics = {metric};
  data.cells = {cell};
  data.facts = {SomeFacts()};
  data.baselines = {ABaseline()};
  data.omissions = {{"bbh", OmissionReason::kUnfinished, 3}, {"mmlu", OmissionReason::kData, 1}};
  const v1::GetLeaderboardResponse proto = ToProto(data);
  const LeaderboardData back = FromProto(proto).value();
  EXPECT_TRUE(MessageDifferencer::Equals(proto, ToProto(back)));
  EXPECT_EQ(back.cells[0].state, State::kRunning);
  EXPECT_TRUE(back.cells[0].partial);
  EXPECT_EQ(back.omissions[0].reason, OmissionReason::kUnfinished);
  v1::GetLeaderboardResponse wrong = proto;
  wrong.mutable_omissions(0)->set_reason("boredom");
  EXPECT_THAT(FromProto(wrong).status().message(), HasSubstr("boredom"));
}

}  // namespace
}  // namespace assay
