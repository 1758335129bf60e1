#include "worker/session/item_preparation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>

#include "common/base/sha256.h"
#include "tests/unit/worker/session/fakes.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<int32_t> WithBos(absl::string_view text) {
  std::vector<int32_t> ids = FakeCodec::Ids(text);
  ids.insert(ids.begin(), FakeCodec::kBos);
  return ids;
}

class PrepareItemsTest : public testing::Test {
 protected:
  absl::StatusOr<std::vector<PreparedItem>> Prepare() {
    lease_.run.settings.protocol_version = lease_.run.settings.protocol == "generate" ? 1 : 2;
    absl::StatusOr<ResolvedRun> run = ResolveRun(lease_, FindFakeBenchmark);
    EXPECT_TRUE(run.ok()) << run.status();
    return PrepareItems(lease_, *run, codec_, {FakeCodec::kStop});
  }
  PreparedItem PrepareOne() {
    absl::StatusOr<std::vector<PreparedItem>> prepared = Prepare();
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    if (!prepared.ok()) return {};
    EXPECT_EQ(prepared->size(), 1u);
    return prepared->front();
  }

  FakeCodec codec_;
  Lease lease_ = FakeLease(1, {"why"});
};

TEST_F(PrepareItemsTest, GenerateWithAllShots) {
  lease_.shots["g"] = {FakeItem("s0", "x", "1"), FakeItem("s1", "y", "2")};
  lease_.shots["other"] = {FakeItem("s2", "z", "3")};
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.prediction.item_id, "1/0");
  EXPECT_EQ(item.prediction.prompt, "x=1;y=2;why:");
  EXPECT_EQ(item.prediction.shots_used, 2);
  EXPECT_FALSE(item.prediction.over_max_input);
  EXPECT_FALSE(item.prediction.truncated);
  EXPECT_EQ(item.prediction.prompt_tokens, 13);
  EXPECT_EQ(item.prediction.prompt_sha256, TokenIdsDigest(WithBos("x=1;y=2;why:")));
  EXPECT_EQ(item.requests.at(0).prompt, WithBos("x=1;y=2;why:"));
  EXPECT_EQ(item.requests.at(0).max_new_tokens, 4);
  EXPECT_THAT(item.requests.at(0).stop_token_ids, ElementsAre(FakeCodec::kStop));
  EXPECT_TRUE(item.requests.at(0).choices.empty());
}

TEST_F(PrepareItemsTest, ShotsAreDroppedLastFirstUntilThePromptFits) {
  // 20 tokens fit: BOS + "x=1;" (4) + "0123456789abcd:" (15).
  lease_.items = {FakeItem("i", "0123456789abcd")};
  lease_.shots["g"] = {FakeItem("s0", "x", "1"), FakeItem("s1", "y", "2")};
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.prediction.prompt, "x=1;0123456789abcd:");
  EXPECT_EQ(item.prediction.shots_used, 1);
  EXPECT_EQ(item.prediction.prompt_tokens, 20);
}

TEST_F(PrepareItemsTest, PromptOverMaxInputRunsAsItIsAndIsFlagged) {
  lease_.items = {FakeItem("i", std::string(30, 'x'))};
  lease_.shots["g"] = {FakeItem("s0", "x", "1")};
  const PreparedItem item = PrepareOne();
  EXPECT_TRUE(item.prediction.over_max_input);
  EXPECT_FALSE(item.prediction.truncated);
  EXPECT_EQ(item.prediction.shots_used, 0);
  EXPECT_EQ(item.prediction.prompt_tokens, 32);
}

TEST_F(PrepareItemsTest, FrontIsCutWhenPromptAndOutputExceedTheContext) {
  lease_.items = {FakeItem("i", "0123456789")};
  lease_.model.context_length = 10;
  const PreparedItem item = PrepareOne();
  EXPECT_TRUE(item.prediction.truncated);
  EXPECT_EQ(item.prediction.prompt, "0123456789:");  // as rendered
  EXPECT_EQ(item.requests.at(0).prompt, FakeCodec::Ids("56789:"));
  EXPECT_EQ(item.prediction.prompt_tokens, 6);
  EXPECT_EQ(item.prediction.prompt_sha256, TokenIdsDigest(item.requests.at(0).prompt));
}

TEST_F(PrepareItemsTest, PromptThatJustFitsTheContextIsLeftWhole) {
  lease_.items = {FakeItem("i", "0123456789")};
  lease_.model.context_length = 16;  // 12 of the prompt, 4 of output
  EXPECT_FALSE(PrepareOne().prediction.truncated);
  lease_.model.context_length = 15;
  EXPECT_TRUE(PrepareOne().prediction.truncated);
}

TEST_F(PrepareItemsTest, ContextWithoutRoomForAPromptIsAnError) {
  lease_.model.context_length = 4;
  const absl::Status status = Prepare().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("item 1/0"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("context of 4 tokens"));
}

TEST_F(PrepareItemsTest, ChoicesAreContinuationsOfThePrompt) {
  lease_.run.settings.protocol = "choices";
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.requests.at(0).prompt, WithBos("why:"));
  EXPECT_THAT(item.requests.at(0).choices,
              ElementsAre(FakeCodec::Ids(" A"), FakeCodec::Ids(" BB")));
  EXPECT_EQ(item.requests.at(0).max_new_tokens, 0);
  EXPECT_EQ(item.prediction.prompt_tokens, 5);
}

TEST_F(PrepareItemsTest, AnEncoderDecoderAnswersApart) {
  codec_.is_encoder_decoder = true;
  // The output's limit counts the start token of the decoder.
  EXPECT_EQ(PrepareOne().requests.at(0).max_new_tokens, 3);
  lease_.run.settings.protocol = "choices";
  // A choice's tokens are its own, with the white space of the prompt's end.
  lease_.run.settings.prompt_template = PromptTemplate::kChat;
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.requests.at(0).prompt, FakeCodec::Ids("^S()U(why:)A:"));
  EXPECT_THAT(item.requests.at(0).choices,
              ElementsAre(FakeCodec::Ids("\nA"), FakeCodec::Ids("\nBB")));
}

TEST_F(PrepareItemsTest, LongestChoiceIsReservedInTheContextButForItsLastToken) {
  lease_.run.settings.protocol = "choices";
  lease_.model.context_length = 7;  // 5 of the prompt, 2 of " BB"
  EXPECT_FALSE(PrepareOne().prediction.truncated);
  lease_.model.context_length = 6;
  const PreparedItem item = PrepareOne();
  EXPECT_TRUE(item.prediction.truncated);
  EXPECT_EQ(item.requests.at(0).prompt, FakeCodec::Ids("why:"));
}

TEST_F(PrepareItemsTest, EachVariantIsARequest) {
  lease_.run.settings.protocol = "both-ways";
  const PreparedItem item = PrepareOne();
  ASSERT_EQ(item.requests.size(), 2u);
  EXPECT_EQ(item.requests[0].prompt, WithBos("why:"));
  EXPECT_EQ(item.requests[1].prompt, WithBos("why again:"));
  for (const Request& request : item.requests) {
    // The first token of each label, without a BOS.
    EXPECT_THAT(request.choices, ElementsAre(FakeCodec::Ids("A"), FakeCodec::Ids("B")));
  }
  EXPECT_EQ(item.prediction.prompt, absl::StrCat("why:", kVariantSeparator, "why again:"));
  EXPECT_EQ(item.prediction.prompt_tokens, 5 + 11);
  std::vector<int32_t> both = item.requests[0].prompt;
  both.push_back(-1);
  both.insert(both.end(), item.requests[1].prompt.begin(), item.requests[1].prompt.end());
  EXPECT_EQ(item.prediction.prompt_sha256, TokenIdsDigest(both));
}

TEST_F(PrepareItemsTest, AFlagOfOneVariantIsOneOfTheItem) {
  // 20 tokens fit: BOS and "0123456789abcd:", not BOS and "0123456789abcd again:".
  lease_.run.settings.protocol = "both-ways";
  lease_.items = {FakeItem("i", "0123456789abcd")};
  lease_.model.context_length = 20;
  const PreparedItem item = PrepareOne();
  EXPECT_TRUE(item.prediction.over_max_input);
  EXPECT_TRUE(item.prediction.truncated);
  EXPECT_EQ(item.requests[0].prompt, WithBos("0123456789abcd:"));
  EXPECT_EQ(item.requests[1].prompt.size(), 20u);
}

TEST_F(PrepareItemsTest, TheTemplateCountsWhenShotsAreFitted) {
  lease_.run.settings.prompt_template = PromptTemplate::kChat;
  // 20 tokens fit: BOS, "S()U(", "x=1;why:" and ")A:\n" are 18; ^ and BOS are one.
  lease_.shots["g"] = {FakeItem("s0", "x", "1"), FakeItem("s1", "y", "2")};
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.prediction.prompt, "^S()U(x=1;why:)A:\n");
  EXPECT_EQ(item.prediction.shots_used, 1);
  EXPECT_EQ(item.prediction.prompt_tokens, 18);
  EXPECT_EQ(item.requests.at(0).prompt, FakeCodec::Ids("^S()U(x=1;why:)A:\n"));
}

TEST_F(PrepareItemsTest, ChoicesBeginTheAssistantsTurnWithoutASpace) {
  lease_.run.settings.protocol = "choices";
  lease_.run.settings.prompt_template = PromptTemplate::kChat;
  lease_.run.settings.system_prompt = "s";
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.prediction.prompt, "^S(s)U(why:)A:\n");
  // White space at the end of the context goes to the continuations.
  EXPECT_EQ(item.requests.at(0).prompt, FakeCodec::Ids("^S(s)U(why:)A:"));
  EXPECT_THAT(item.requests.at(0).choices,
              ElementsAre(FakeCodec::Ids("\nA"), FakeCodec::Ids("\nBB")));
}

TEST_F(PrepareItemsTest, ChoicesFollowAlpacasResponse) {
  lease_.run.settings.protocol = "choices";
  lease_.run.settings.prompt_template = PromptTemplate::kAlpaca;
  lease_.run.settings.system_prompt = "Do.";
  const PreparedItem item = PrepareOne();
  EXPECT_EQ(item.prediction.prompt, "Do.\n\n### Instruction:\nwhy:\n\n### Response:");
  EXPECT_THAT(item.requests.at(0).choices,
              ElementsAre(FakeCodec::Ids(" A"), FakeCodec::Ids(" BB")));
}

TEST_F(PrepareItemsTest, EachSampleIsARequestOfItsOwnNumbers) {
  lease_.items = {FakeItem("a", "x"), FakeItem("b", "x")};
  lease_.run.settings.sampling = {
      .temperature = 0.5, .top_p = 0.9, .top_k = 7, .seed = 3, .samples = 2};
  const auto prepared = Prepare();
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  ASSERT_EQ(prepared->size(), 4u);
  std::set<std::pair<uint64_t, uint64_t>> streams;
  for (size_t i = 0; i < 4; ++i) {
    const PreparedItem& one = (*prepared)[i];
    EXPECT_EQ(one.prediction.item_id, i < 2 ? "a" : "b");
    EXPECT_EQ(one.prediction.sample_index, static_cast<int>(i % 2));
    EXPECT_EQ(one.requests.at(0).prompt, WithBos("x:"));
    const TokenSampling& sampling = one.requests.at(0).sampling;
    EXPECT_EQ(sampling.temperature, 0.5);
    EXPECT_EQ(sampling.top_p, 0.9);
    EXPECT_EQ(sampling.top_k, 7);
    streams.emplace(sampling.random.key, sampling.random.nonce);
  }
  EXPECT_EQ(streams.size(), 4u);
  // The second item alone, in another shard, has the same numbers.
  const RandomStream before = (*prepared)[3].requests[0].sampling.random;
  lease_.items = {FakeItem("b", "x")};
  const auto again = Prepare();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)[1].requests[0].sampling.random.key, before.key);
  EXPECT_EQ((*again)[1].requests[0].sampling.random.nonce, before.nonce);
}

TEST_F(PrepareItemsTest, TokenizerErrorNamesTheItem) {
  lease_.items = {FakeItem("good", "x"), FakeItem("bad", "#")};
  EXPECT_THAT(std::string(Prepare().status().message()), HasSubstr("item bad: cannot tokenize"));
}

TEST(ResolveRunTest, RefusesWhatThisWorkerDoesNotHave) {
  Lease lease = FakeLease(1, {"x"});
  RunSpec& run = lease.run;
  EXPECT_TRUE(ResolveRun(lease, FindFakeBenchmark).ok());
  run.settings.protocol_version = 7;
  const absl::Status version = ResolveRun(lease, FindFakeBenchmark).status();
  EXPECT_EQ(version.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(version.message()), HasSubstr("version 7"));
  run.settings.protocol = "unheard-of";
  EXPECT_EQ(ResolveRun(lease, FindFakeBenchmark).status().code(), absl::StatusCode::kNotFound);
  run.benchmark = "other";
  EXPECT_EQ(ResolveRun(lease, FindFakeBenchmark).status().code(), absl::StatusCode::kNotFound);
}

PromptForm Plain() {
  static const FakeCodec codec;
  static const RunSettings settings;
  return PromptForm(&settings, &codec);
}

TEST(EncodeChoicesTest, TrailingWhiteSpaceMovesToTheContinuation) {
  // U+2003, an em space, is white space to Python as well.
  const absl::StatusOr<EncodedChoices> encoded = EncodeChoices("a: \xE2\x80\x83", {"A"}, Plain());
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_EQ(encoded->context, WithBos("a:"));
  EXPECT_THAT(encoded->continuations, ElementsAre(FakeCodec::Ids(" \xE2\x80\x83"
                                                                 "A")));
}

TEST(EncodeChoicesTest, TokenAcrossTheBorderCountsToTheContext) {
  // "aZ" has three tokens with its BOS and so has "aZq", of which the last spans the border: what
  // follows is only "r".
  const absl::StatusOr<EncodedChoices> encoded = EncodeChoices("aZ", {"qr"}, Plain());
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_EQ(encoded->context, WithBos("aZ"));
  EXPECT_THAT(encoded->continuations, ElementsAre(FakeCodec::Ids("r")));
  EXPECT_FALSE(EncodeChoices("aZ", {"q"}, Plain()).ok());
}

TEST(EncodeChoicesTest, AnEncoderDecodersChoicesAreTextsOfTheirOwn) {
  FakeCodec codec;
  codec.is_encoder_decoder = true;
  const RunSettings settings;
  const PromptForm form(&settings, &codec);
  const auto encoded = EncodeChoices("aZ", {"q", "qr"}, form);
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  EXPECT_EQ(encoded->context, WithBos("aZ"));
  EXPECT_THAT(encoded->continuations, ElementsAre(FakeCodec::Ids("q"), FakeCodec::Ids("qr")));
  EXPECT_FALSE(EncodeChoices("a", {""}, form).ok());
}

TEST(EncodeChoicesTest, ContinuationsComeBehindTheTokensThatEndAPrompt) {
  class EndingCodec : public FakeCodec {
   public:
    absl::StatusOr<std::vector<int32_t>> Encode(absl::string_view text) const override {
      std::vector<int32_t> ids = WithBos(text);
      ids.insert(ids.end(), {7, 8});
      return ids;
    }
  };
  const EndingCodec codec;
  const RunSettings settings;
  const auto encoded = EncodeChoices("aZ ", {"q", "rr"}, PromptForm(&settings, &codec));
  ASSERT_TRUE(encoded.ok()) << encoded.status();
  std::vector<int32_t> context = WithBos("aZ");
  context.insert(context.end(), {7, 8});
  EXPECT_EQ(encoded->context, context);
  EXPECT_THAT(encoded->continuations, ElementsAre(FakeCodec::Ids(" q"), FakeCodec::Ids(" rr")));
}

TEST(EncodeChoicesTest, NoChoicesIsAnError) { EXPECT_FALSE(EncodeChoices("a", {}, Plain()).ok()); }

TEST(TokenIdsDigestTest, IsOverLittleEndianInt32) {
  const std::string bytes("\x01\x00\x00\x00\x02\x01\x00\x00\xFF\xFF\xFF\xFF", 12);
  EXPECT_EQ(TokenIdsDigest({1, 258, -1}), Sha256Hex(bytes));
}

}  // namespace
}  // namespace assay
