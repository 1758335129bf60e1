#include "worker/tokenizer/gguf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/unit/worker/tokenizer/test_vocabularies.h"
#include "worker/tokenizer/pre_tokenizer.h"
#include "worker/tokenizer/tokenizer.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ids = std::vector<int32_t>;

Ids Encode(const GgufVocabulary& vocabulary, absl::string_view text, bool add_special = true) {
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = BuildTokenizer(vocabulary);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  if (!tokenizer.ok()) return {};
  absl::StatusOr<Ids> ids = (*tokenizer)->Encode(text, add_special);
  EXPECT_TRUE(ids.ok()) << ids.status();
  return ids.value_or(Ids{});
}

TEST(GgufByteLevelTokenizerTest, MergesInTheOrderOfTheList) {
  EXPECT_THAT(Encode(ByteLevelVocabulary(), "hello"), ElementsAre(259));
  // "h e" comes before "Ġ h", after which nothing joins "Ġ" and "he".
  EXPECT_THAT(Encode(ByteLevelVocabulary(), "hell hex"), ElementsAre(258, ' ', 256, 'x'));
}

TEST(GgufByteLevelTokenizerTest, SmollmTakesEveryDigitByItself) {
  EXPECT_THAT(Encode(ByteLevelVocabulary(), "12"), ElementsAre('1', '2'));
  // Cut before the digit first, so that both newlines end a piece and stay together.
  EXPECT_THAT(Encode(ByteLevelVocabulary(), "\n\n1"), ElementsAre(263, '1'));
}

TEST(GgufByteLevelTokenizerTest, TheNamedPreTokenizerDecides) {
  GgufVocabulary vocabulary = ByteLevelVocabulary();
  vocabulary.pre = "gpt-2";
  EXPECT_THAT(Encode(vocabulary, "12"), ElementsAre(262));
  EXPECT_THAT(Encode(vocabulary, "\n\n1"), ElementsAre('\n', '\n', '1'));
  vocabulary.pre = "llama-bpe";  // newlines before text stay together, and BOS is the default
  EXPECT_THAT(Encode(vocabulary, "\n\n1"), ElementsAre(264, 263, '1'));
}

TEST(GgufByteLevelTokenizerTest, EveryKnownPreTokenizerLosesNothing) {
  const std::string text =
      "It's 1234567 o'clock,\n\n 日本語!  naïve  \t$x^2 <= \"y\" Ünï ᴬβ ﬀ 😀\r\n  end  ";
  for (absl::string_view name : PreTokenizerNames()) {
    GgufVocabulary vocabulary = ByteLevelVocabulary();
    vocabulary.pre = std::string(name);
    vocabulary.add_bos = false;
    absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = BuildTokenizer(vocabulary);
    ASSERT_TRUE(tokenizer.ok()) << name << ": " << tokenizer.status();
    absl::StatusOr<Ids> ids = (*tokenizer)->Encode(text, true);
    ASSERT_TRUE(ids.ok()) << name << ": " << ids.status();
    EXPECT_EQ((*tokenizer)->Decode(*ids, false).value(), text) << name;
  }
}

TEST(GgufByteLevelTokenizerTest, AddsBosAndEosWhenTheFileSaysSo) {
  GgufVocabulary vocabulary = ByteLevelVocabulary();
  EXPECT_THAT(Encode(vocabulary, "x"), ElementsAre('x'));
  vocabulary.add_bos = true;
  EXPECT_THAT(Encode(vocabulary, "x"), ElementsAre(264, 'x'));
  vocabulary.add_eos = true;
  EXPECT_THAT(Encode(vocabulary, "x"), ElementsAre(264, 'x', 265));
  EXPECT_THAT(Encode(vocabulary, "x", /*add_special=*/false), ElementsAre('x'));
}

TEST(GgufByteLevelTokenizerTest, SpecialTokensInTextAndInResults) {
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = BuildTokenizer(ByteLevelVocabulary());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT((*tokenizer)->Encode("a<eos><note>b", false).value(),
              ElementsAre('a', 265, 266, 'b'));
  EXPECT_EQ((*tokenizer)->Decode({'a', 265, 266, 'b'}, false).value(), "a<eos><note>b");
  // A user-defined token is text, not control.
  EXPECT_EQ((*tokenizer)->Decode({'a', 265, 266, 'b'}, true).value(), "a<note>b");
}

TEST(GgufByteLevelTokenizerTest, AGapInTheVocabularyKeepsItsId) {
  GgufVocabulary vocabulary = ByteLevelVocabulary();
  vocabulary.tokens.push_back("");
  vocabulary.token_types.push_back(static_cast<int32_t>(GgufTokenType::kUnused));
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = BuildTokenizer(vocabulary);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ((*tokenizer)->vocabulary_size(), 268);
}

TEST(GgufSentencePieceTokenizerTest, TheBestScoreIsMergedFirst) {
  // "bc" comes before "▁a", and what is left is joined no further: "▁a" + "bc" is no token.
  EXPECT_THAT(Encode(SentencePieceVocabulary(), "abc"), ElementsAre(1, 265, 264));
  EXPECT_THAT(Encode(SentencePieceVocabulary(), "babc"), ElementsAre(1, 259, 261, 266));
}

TEST(GgufSentencePieceTokenizerTest, PutsASpaceFirstUnlessTheFileSaysNo) {
  GgufVocabulary vocabulary = SentencePieceVocabulary();
  EXPECT_THAT(Encode(vocabulary, "b"), ElementsAre(1, 259, 261));
  vocabulary.add_space_prefix = false;
  EXPECT_THAT(Encode(vocabulary, "b"), ElementsAre(1, 261));
  vocabulary.add_bos = false;
  EXPECT_THAT(Encode(vocabulary, "b"), ElementsAre(261));
}

TEST(GgufSentencePieceTokenizerTest, UnknownCharactersBecomeBytesAndComeBack) {
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = BuildTokenizer(SentencePieceVocabulary());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const Ids ids = (*tokenizer)->Encode("a é", true).value();
  EXPECT_THAT(ids, ElementsAre(1, 265, 259, 3 + 0xC3, 3 + 0xA9));
  EXPECT_EQ((*tokenizer)->Decode(ids, true).value(), "a é");
  EXPECT_EQ((*tokenizer)->Decode({260, 3 + 0xC3}, true).value(), "a\uFFFD");
}

TEST(GgufSentencePieceTokenizerTest, WithoutBytesTheUnknownTokenStandsIn) {
  GgufVocabulary vocabulary = SentencePieceVocabulary();
  const auto drop = [](auto& list) { list.erase(list.begin() + 3, list.begin() + 259); };
  drop(vocabulary.tokens);
  drop(vocabulary.scores);
  drop(vocabulary.token_types);
  EXPECT_THAT(Encode(vocabulary, "aéèb"), ElementsAre(1, 9, 0, 5));
}

TEST(GgufSentencePieceTokenizerTest, BytesAndControlTokensAreNotMadeByMerging) {
  GgufVocabulary vocabulary = SentencePieceVocabulary();
  vocabulary.tokens[3 + 0x00] = "cb";  // pretends to be a byte token that merging could reach
  EXPECT_THAT(Encode(vocabulary, "cb"), ElementsAre(1, 259, 262, 261));
}

TEST(GgufSentencePieceTokenizerTest, UserDefinedTokensAreCutOut) {
  EXPECT_THAT(Encode(SentencePieceVocabulary(), "b<user>a"), ElementsAre(1, 259, 261, 267, 265));
}

// tests/golden/make_sentencepiece_golden.py
TEST(GgufSentencePieceTokenizerTest, GivesWhatSentencePieceGives) {
  std::ifstream file("tests/golden/sentencepiece.json");
  ASSERT_TRUE(file.good());
  const nlohmann::json golden = nlohmann::json::parse(file);
  GgufVocabulary vocabulary;
  vocabulary.file = "golden";
  vocabulary.model = "llama";
  vocabulary.tokens = golden["vocabulary"]["tokens"].get<std::vector<std::string>>();
  vocabulary.scores = golden["vocabulary"]["scores"].get<std::vector<float>>();
  vocabulary.token_types = golden["vocabulary"]["token_types"].get<std::vector<int32_t>>();
  absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = BuildTokenizer(vocabulary);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  ASSERT_GE(golden["cases"].size(), 15u);
  for (const nlohmann::json& test : golden["cases"]) {
    const auto text = test["text"].get<std::string>();
    const Ids ids = (*tokenizer)->Encode(text, false).value();
    EXPECT_EQ(ids, test["ids"].get<Ids>()) << text;
    EXPECT_EQ((*tokenizer)->Decode(ids, true).value(), test["decoded"].get<std::string>()) << text;
  }
}

struct BadVocabulary {
  const char* name;
  std::function<void(GgufVocabulary&)> spoil;
  std::vector<std::string> error;  // parts of it
};

class BadVocabularyTest : public ::testing::TestWithParam<BadVocabulary> {};

TEST_P(BadVocabularyTest, IsRefusedByKey) {
  GgufVocabulary vocabulary = ByteLevelVocabulary();
  GetParam().spoil(vocabulary);
  const absl::StatusOr<std::string> json = GgufTokenizerJson(vocabulary);
  ASSERT_EQ(json.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(json.status().message(), HasSubstr("tiny.gguf: tokenizer.ggml."));
  for (const std::string& part : GetParam().error) {
    EXPECT_THAT(json.status().message(), HasSubstr(part));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, BadVocabularyTest,
    ::testing::Values(
        BadVocabulary{"UnknownModel",
                      [](GgufVocabulary& v) { v.model = "rwkv"; },
                      {"model", "\"rwkv\"", "\"gpt2\" and \"llama\""}},
        BadVocabulary{"UnknownPreTokenizer",
                      [](GgufVocabulary& v) { v.pre = "tomorrow"; },
                      {"pre: ", "\"tomorrow\"", "llama-bpe", "smollm"}},
        BadVocabulary{"NoPreTokenizer",
                      [](GgufVocabulary& v) { v.pre.clear(); },
                      {"pre: is missing", "convert_hf_to_gguf.py"}},
        BadVocabulary{"NoTokens", [](GgufVocabulary& v) { v.tokens.clear(); }, {"tokens"}},
        BadVocabulary{"DuplicateToken",
                      [](GgufVocabulary& v) { v.tokens[7] = "he"; },
                      {"tokens: \"he\"", "ids 7 and 256"}},
        BadVocabulary{
            "NotUtf8",
            [](GgufVocabulary& v) { v.tokens[7] = std::string(1, static_cast<char>(0xFF)); },
            {"tokens: token 7", "\\xff", "not UTF-8"}},
        BadVocabulary{"LongToken",
                      [](GgufVocabulary& v) { v.tokens[7] = std::string(5000, 'x'); },
                      {"tokens: token 7 has 5000 bytes"}},
        BadVocabulary{"TooFewTypes",
                      [](GgufVocabulary& v) { v.token_types.pop_back(); },
                      {"token_type", "266 values for 267 tokens"}},
        BadVocabulary{"TooManyScores",
                      [](GgufVocabulary& v) { v.scores.assign(300, 0.0f); },
                      {"scores", "300 values for 267 tokens"}},
        BadVocabulary{"ScoreNotANumber",
                      [](GgufVocabulary& v) { v.scores.assign(267, NAN); },
                      {"scores", "token 0"}},
        BadVocabulary{"BosOutOfRange",
                      [](GgufVocabulary& v) { v.bos_id = 267; },
                      {"bos_token_id: id 267 is out of range"}},
        BadVocabulary{"EosOutOfRange",
                      [](GgufVocabulary& v) { v.eos_id = uint64_t{1} << 40; },
                      {"eos_token_id"}},
        BadVocabulary{
            "PadOutOfRange", [](GgufVocabulary& v) { v.pad_id = 1000; }, {"padding_token_id"}},
        BadVocabulary{"BosToAddIsMissing",
                      [](GgufVocabulary& v) {
                        v.bos_id.reset();
                        v.add_bos = true;
                      },
                      {"bos_token_id: is missing"}},
        BadVocabulary{"MergeOfOneToken",
                      [](GgufVocabulary& v) { v.merges[1] = "ll"; },
                      {"merges: merge 1", "not two tokens"}},
        BadVocabulary{"MergeOfAMissingToken",
                      [](GgufVocabulary& v) { v.merges[1] = "l zz"; },
                      {"merges: merge 1", "\"zz\""}},
        BadVocabulary{"MergeIntoAMissingToken",
                      [](GgufVocabulary& v) { v.merges[1] = "l z"; },
                      {"merges: merge 1", "\"lz\""}},
        BadVocabulary{"SentencePieceWithoutScores",
                      [](GgufVocabulary& v) { v.model = "llama"; },
                      {"scores: is missing"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace assay
