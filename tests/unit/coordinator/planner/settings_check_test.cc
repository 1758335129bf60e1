#include "coordinator/planner/settings_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace assay {
namespace {

using testing::HasSubstr;

ProtocolSpec Generates() {
  ProtocolSpec protocol;
  protocol.name = "some";
  protocol.version = 3;
  protocol.shots = 5;
  return protocol;
}

std::string Refusal(const ProtocolSpec& protocol, RunSettings settings) {
  ResolveSettings(protocol, &settings);
  const absl::Status status = CheckSettings(protocol, settings);
  EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

RunSettings Sampled(SamplingSettings sampling) {
  RunSettings settings;
  settings.sampling = sampling;
  return settings;
}

TEST(ResolveSettingsTest, FillsInWhatIsNotGiven) {
  RunSettings settings;
  ResolveSettings(Generates(), &settings);
  EXPECT_EQ(settings.protocol, "some");
  EXPECT_EQ(settings.protocol_version, 3);
  EXPECT_EQ(settings.shots, 5);
  EXPECT_EQ(settings.sampling.temperature, 0);
  settings = Sampled({.temperature = 0.7});
  settings.shots = 0;
  ResolveSettings(Generates(), &settings);
  EXPECT_EQ(settings.shots, 0);
  EXPECT_EQ(settings.sampling.temperature, 0.7);
}

TEST(ResolveSettingsTest, AProtocolHasTemperaturesForItsNumbersOfSamples) {
  ProtocolSpec protocol = Generates();
  protocol.temperatures = {{1, 0.1}, {10, 0.6}};
  RunSettings settings = Sampled({.temperature = {}, .samples = 10});
  ResolveSettings(protocol, &settings);
  EXPECT_EQ(settings.sampling.temperature, 0.6);
  EXPECT_EQ(Refusal(protocol, Sampled({.temperature = {}, .samples = 10})), "");
  EXPECT_THAT(Refusal(protocol, Sampled({.temperature = {}, .samples = 3})),
              HasSubstr("temperatures for 1, 10 samples of an item, not for 3: add --temperature"));
  EXPECT_EQ(Refusal(protocol, Sampled({.temperature = 0.5, .samples = 3})), "");
}

TEST(CheckSettingsTest, GreedyDecodingTakesNoSettingOfSamples) {
  EXPECT_EQ(Refusal(Generates(), {}), "");
  EXPECT_THAT(Refusal(Generates(), Sampled({.temperature = {}, .samples = 3})),
              HasSubstr("so --samples says nothing: add --temperature"));
  EXPECT_THAT(Refusal(Generates(), Sampled({.temperature = 0, .top_p = 0.9, .seed = 1})),
              HasSubstr("so --top-p and --seed say nothing"));
  EXPECT_THAT(Refusal(Generates(), Sampled({.temperature = {}, .top_k = 5})), HasSubstr("--top-k"));
}

TEST(CheckSettingsTest, ChoicesAreNotSampled) {
  ProtocolSpec choices = Generates();
  choices.request_type = RequestType::kScoreChoices;
  EXPECT_EQ(Refusal(choices, {}), "");
  EXPECT_THAT(Refusal(choices, Sampled({.temperature = 0.5})), HasSubstr("nothing that could be"));
}

TEST(CheckSettingsTest, ASystemPromptNeedsATemplate) {
  RunSettings settings;
  settings.system_prompt = "Be brief.";
  EXPECT_THAT(Refusal(Generates(), settings), HasSubstr("add --template chat"));
  settings.prompt_template = PromptTemplate::kAlpaca;
  EXPECT_EQ(Refusal(Generates(), settings), "");
  settings.system_prompt.push_back('\0');
  EXPECT_THAT(Refusal(Generates(), settings), HasSubstr("U+0000"));
  settings.system_prompt = std::string(100000, 'x');
  EXPECT_THAT(Refusal(Generates(), settings), HasSubstr("100000 bytes"));
}

}  // namespace
}  // namespace assay
