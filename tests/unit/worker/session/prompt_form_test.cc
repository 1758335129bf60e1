#include "worker/session/prompt_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

// A tokenizer that adds no special tokens and may have no BOS at all.
class BareCodec : public FakeCodec {
 public:
  explicit BareCodec(bool has_bos) : has_bos_(has_bos) {}
  absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text) const override {
    return Ids(text);
  }
  absl::StatusOr<std::string> RenderChat(absl::string_view, absl::string_view) const override {
    return absl::InvalidArgumentError("the model has no chat template");
  }
  std::optional<int32_t> bos_token_id() const override {
    return has_bos_ ? std::optional<int32_t>(kBos) : std::nullopt;
  }

 private:
  bool has_bos_;
};

std::vector<int32_t> Encode(BosHandling bos, const TextCodec& codec, absl::string_view text) {
  RunSettings settings;
  settings.bos = bos;
  const auto ids = PromptForm(&settings, &codec).Encode(text);
  EXPECT_TRUE(ids.ok()) << ids.status();
  return ids.value_or(std::vector<int32_t>());
}

TEST(PromptFormTest, BosIsThereOnceOrNever) {
  const FakeCodec adds;
  const BareCodec bare(true);
  const std::vector<int32_t> with = FakeCodec::Ids("^x");
  const std::vector<int32_t> without = FakeCodec::Ids("x");
  for (const char* text : {"x", "^x"}) {
    EXPECT_EQ(Encode(BosHandling::kDefault, adds, text), with) << text;
    EXPECT_EQ(Encode(BosHandling::kAlways, adds, text), with) << text;
    EXPECT_EQ(Encode(BosHandling::kNever, adds, text), without) << text;
    EXPECT_EQ(Encode(BosHandling::kAlways, bare, text), with) << text;
    EXPECT_EQ(Encode(BosHandling::kNever, bare, text), without) << text;
  }
  EXPECT_EQ(Encode(BosHandling::kDefault, bare, "x"), without);
  EXPECT_EQ(Encode(BosHandling::kDefault, bare, "^x"), with);
  EXPECT_EQ(Encode(BosHandling::kDefault, BareCodec(false), "x"), without);
}

absl::Status Check(const RunSettings& settings, const TextCodec& codec) {
  return PromptForm(&settings, &codec).Check();
}

TEST(PromptFormTest, SaysWhatTheModelLacks) {
  RunSettings settings;
  EXPECT_TRUE(Check(settings, BareCodec(false)).ok());
  settings.bos = BosHandling::kAlways;
  EXPECT_TRUE(Check(settings, BareCodec(true)).ok());
  EXPECT_THAT(std::string(Check(settings, BareCodec(false)).message()), HasSubstr("names none"));
  settings.bos = BosHandling::kNever;
  EXPECT_TRUE(Check(settings, BareCodec(false)).ok());
  settings.prompt_template = PromptTemplate::kChat;
  EXPECT_TRUE(Check(settings, FakeCodec()).ok());
  EXPECT_THAT(std::string(Check(settings, BareCodec(true)).message()),
              HasSubstr("template chat: the model has no chat template"));
  settings.system_prompt = "no";
  EXPECT_THAT(std::string(Check(settings, FakeCodec()).message()), HasSubstr("no system role"));
}

TEST(PromptFormTest, AlpacaByTheLetter) {
  RunSettings settings;
  settings.prompt_template = PromptTemplate::kAlpaca;
  const FakeCodec codec;
  EXPECT_EQ(PromptForm(&settings, &codec).Wrap("Add 2 and 2.").value(),
            "Below is an instruction that describes a task. Write a response that appropriately "
            "completes the request.\n\n### Instruction:\nAdd 2 and 2.\n\n### Response:");
}

}  // namespace
}  // namespace assay
