#include "worker/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "common/base/file.h"
#include "tests/unit/worker/tokenizer/test_vocabularies.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Letters a, b, c, the merge "ab", and an added token <end>.
constexpr char kJson[] = R"({
  "version": "1.0",
  "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
  "padding": {"strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0, "pad_type_id": 0,
              "pad_token": "a"},
  "added_tokens": [{"id": 4, "content": "<end>", "single_word": false, "lstrip": false, "rstrip": false,
                    "normalized": false, "special": true}],
  "normalizer": null, "pre_tokenizer": null, "post_processor": null, "decoder": {"type": "Fuse"},
  "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
            "fuse_unk": false, "byte_fallback": false, "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3}, "merges": ["a b"]}
})";

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class TokenizerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(::testing::TempDir()) /
                 ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(WriteFile((directory_ / name).string(), content).ok());
  }
  absl::StatusOr<std::unique_ptr<Tokenizer>> Load() {
    return Tokenizer::FromFolder(directory_.string());
  }

  std::filesystem::path directory_;
};

TEST_F(TokenizerTest, EncodesAndDecodesWithoutTheFilesTruncationAndPadding) {
  auto tokenizer = Tokenizer::FromJson(kJson);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT((*tokenizer)->Encode("abcab<end>", true).value(), ElementsAre(3, 2, 3, 4));
  EXPECT_THAT((*tokenizer)->Encode("", true).value(), IsEmpty());
  EXPECT_EQ((*tokenizer)->Decode({3, 2, 4}, false).value(), "abc<end>");
  EXPECT_EQ((*tokenizer)->Decode({3, 2, 4}, true).value(), "abc");
  EXPECT_EQ((*tokenizer)->Decode({}, true).value(), "");
}

TEST_F(TokenizerTest, NoChanceInTheIdsWhereAFileHasTheDropoutOfItsTraining) {
  auto tokenizer = Tokenizer::FromJson(Replaced(kJson, "\"dropout\": null", "\"dropout\": 1.0"));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_THAT((*tokenizer)->Encode("abcab", true).value(), ElementsAre(3, 2, 3));
  EXPECT_FALSE(
      Tokenizer::FromJson(Replaced(kJson, "\"merges\": [\"a b\"]", "\"merges\": [\"a b c\"]"))
          .ok());
}

// The tokenizers library keeps words of BPE per thread, also those of tokenizers that are gone.
TEST_F(TokenizerTest, LeavesNoMemoryBehind) {
  const auto use = [](int times) {
    for (int i = 0; i < times; ++i) {
      auto tokenizer = Tokenizer::FromJson(kJson);
      ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
      for (int word = 0; word < 100; ++word) {
        const std::string text = std::string(word, 'a') + "bc";
        ASSERT_EQ((*tokenizer)->Encode(text, true)->size(), std::max(word, 1) + 1);
      }
    }
  };
  use(2);
  const size_t before = mallinfo2().uordblks;
  use(20);  // each would leave 160 kB; malloc's own caches grow a little
  EXPECT_LT(mallinfo2().uordblks, before + 500'000);
}

TEST_F(TokenizerTest, KnowsItsVocabulary) {
  auto tokenizer = Tokenizer::FromJson(kJson);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ((*tokenizer)->vocabulary_size(), 5);
  EXPECT_EQ((*tokenizer)->TokenToId("ab"), 3);
  EXPECT_EQ((*tokenizer)->TokenToId("<end>"), 4);
  EXPECT_EQ((*tokenizer)->TokenToId("abc"), std::nullopt);
  EXPECT_EQ((*tokenizer)->TokenToId("\xFF"), std::nullopt);
  EXPECT_EQ((*tokenizer)->chat_template(), "");
}

TEST_F(TokenizerTest, BrokenUtf8) {
  auto tokenizer = BuildTokenizer(ByteLevelVocabulary());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ((*tokenizer)->Decode({'a', 0xE6, 0x97, 'b'}, true).value(), "a\uFFFDb");
  EXPECT_EQ((*tokenizer)->Decode({0xE6, 0x97, 0xA5}, true).value(), "日");
  const auto ids = (*tokenizer)->Encode("ab\xE6\x97", true);
  EXPECT_EQ(ids.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ids.status().message(), HasSubstr("not UTF-8: bad byte at offset 2"));
}

TEST_F(TokenizerTest, IdsWithoutATokenGiveNothingAndNegativeOnesAnError) {
  auto tokenizer = Tokenizer::FromJson(kJson);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ((*tokenizer)->Decode({3, 1000, 2}, true).value(), "abc");
  EXPECT_EQ((*tokenizer)->Decode({3, -1}, true).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(TokenizerTest, TheDigestIsOfTheMeaning) {
  const std::string digest = (*Tokenizer::FromJson(kJson))->digest();
  EXPECT_EQ(digest.size(), 64u);
  // Another spelling of the same merges, and other truncation, which is not used.
  const std::string spelled = Replaced(kJson, R"(["a b"])", R"([["a", "b"]])");
  EXPECT_EQ(
      (*Tokenizer::FromJson(Replaced(spelled, "\"max_length\": 2", "\"max_length\": 3")))->digest(),
      digest);
  EXPECT_NE((*Tokenizer::FromJson(Replaced(kJson, R"("c": 2)", R"("d": 2)")))->digest(), digest);
}

TEST_F(TokenizerTest, RefusesWhatIsNoTokenizer) {
  const std::string json = kJson;
  for (const std::string& bad :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"version\": \"1.0\"}"),
        json.substr(0, json.size() / 2), Replaced(json, "\"BPE\"", "\"Magic\""),
        Replaced(json, "\"a b\"", "\"a z\""), std::string(100000, '[')}) {
    const auto tokenizer = Tokenizer::FromJson(bad);
    EXPECT_EQ(tokenizer.status().code(), absl::StatusCode::kInvalidArgument) << bad.substr(0, 80);
  }
}

TEST_F(TokenizerTest, RefusesAnAddedTokenWhoseIdIsNotTheLibrarys) {
  const auto tokenizer = Tokenizer::FromJson(Replaced(kJson, "\"id\": 4", "\"id\": 7"));
  EXPECT_EQ(tokenizer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(tokenizer.status().message(), HasSubstr("\"<end>\" has id 7"));
}

TEST_F(TokenizerTest, ReadsAFolder) {
  Write("tokenizer.json", kJson);
  Write("tokenizer_config.json",
        R"({"bos_token": {"content": "a"}, "eos_token": "<end>", "unk_token": null,
            "chat_template": [{"name": "rag", "template": "R"}, {"name": "default", "template": "D"}]})");
  auto tokenizer = Load();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ((*tokenizer)->special_tokens().bos, "a");
  EXPECT_EQ((*tokenizer)->special_tokens().eos, "<end>");
  EXPECT_EQ((*tokenizer)->special_tokens().unk, "");
  EXPECT_EQ((*tokenizer)->chat_template(), "D");

  Write("special_tokens_map.json", R"({"unk_token": "b", "bos_token": {"content": "c"}})");
  EXPECT_EQ((*Load())->special_tokens().bos, "c");
  EXPECT_EQ((*Load())->special_tokens().eos, "<end>");
  EXPECT_EQ((*Load())->special_tokens().unk, "b");
  Write("chat_template.jinja", "J");
  EXPECT_EQ((*Load())->chat_template(), "J");
}

TEST_F(TokenizerTest, AFolderWithoutATokenizerListsTheFilesThatWouldDo) {
  const auto missing = Load();
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.status().message(),
              HasSubstr("no tokenizer is there: none of tokenizer.json, "));
  Write("tokenizer.json", kJson);
  EXPECT_TRUE(Load().ok());
}

TEST_F(TokenizerTest, ErrorsOfAFolderNameTheFileAndTheField) {
  Write("tokenizer.json", kJson);
  Write("tokenizer_config.json", R"({"bos_token": 5})");
  EXPECT_THAT(Load().status().message(), HasSubstr("tokenizer_config.json: \"bos_token\""));
  Write("tokenizer_config.json", R"({"chat_template": [{"name": "default"}]})");
  EXPECT_THAT(Load().status().message(), HasSubstr("tokenizer_config.json: \"chat_template\""));
  Write("tokenizer_config.json", "{");
  EXPECT_THAT(Load().status().message(), HasSubstr("tokenizer_config.json: not a JSON object"));
  Write("tokenizer.json", "{");
  EXPECT_THAT(Load().status().message(), HasSubstr("tokenizer.json: "));
}

TEST_F(TokenizerTest, ManyThreadsGetTheSame) {
  auto tokenizer = BuildTokenizer(ByteLevelVocabulary());
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const auto expected = (*tokenizer)->Encode("hello hell he 12", true).value();
  std::vector<std::thread> threads;
  std::vector<int> equal(4, 0);
  for (int& count : equal) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        count += (*tokenizer)->Encode("hello hell he 12", true).value() == expected ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(equal, ElementsAre(200, 200, 200, 200));
}

}  // namespace
}  // namespace assay
