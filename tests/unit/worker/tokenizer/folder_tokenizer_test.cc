#include "worker/tokenizer/folder_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "common/base/file.h"
#include "tests/unit/worker/tokenizer/sentencepiece_builder.h"
#include "tests/unit/worker/tokenizer/test_vocabularies.h"

namespace assay {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FolderTokenizerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(::testing::TempDir()) /
        absl::StrCat("folder_", ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, const std::string& content) {
    ASSERT_TRUE(WriteFile((folder_ / name).string(), content).ok());
  }
  void Remove(const std::string& name) { std::filesystem::remove(folder_ / name); }
  absl::StatusOr<FolderTokenizer> Open() { return OpenFolderTokenizer(folder_.string()); }

  std::vector<int32_t> Ids(const std::string& text) {
    const auto tokenizer = Open();
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    return tokenizer.ok() ? tokenizer->codec->Encode(text, true).value() : std::vector<int32_t>();
  }
  std::string Refusal() {
    const auto tokenizer = Open();
    EXPECT_FALSE(tokenizer.ok());
    return std::string(tokenizer.status().message());
  }

  std::filesystem::path folder_;
};

// Every byte, "ab" 256, and as GPT-2 has it <|endoftext|> 257.
std::string ByteVocabulary() {
  std::string json = "{";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = ByteLevelCharacter(byte);
    absl::StrAppend(&json, text == "\"" || text == "\\" ? "\"\\" : "\"", text, "\": ", byte, ", ");
  }
  return json + "\"ab\": 256, \"<|endoftext|>\": 257}";
}

std::string TiktokenFile() {
  std::string lines;
  for (int byte = 0; byte < 256; ++byte) {
    absl::StrAppend(&lines, absl::Base64Escape(std::string(1, static_cast<char>(byte))), " ", byte,
                    "\n");
  }
  return lines + "YWI= 256\n";  // "ab"
}

std::string RwkvFile() {
  std::string lines;
  for (int byte = 0; byte < 256; ++byte)
    absl::StrAppendFormat(&lines, "%d b'\\x%02x' 1\n", byte + 1, byte);
  return lines + "257 'ab' 2\n258 'abc' 3\n";
}

TEST_F(FolderTokenizerTest, TakesTheFirstKindThatIsThere) {
  EXPECT_THAT(Refusal(),
              HasSubstr("no tokenizer is there: none of tokenizer.json, 20B_tokenizer.json, "
                        "vocab.json with merges.txt, spiece.model, tokenizer.model"));
  Write("rwkv_vocab_v20230424.txt", RwkvFile());
  EXPECT_THAT(Ids("abab"), ElementsAre(257, 257));
  Write("tokenizer.model", SmallModel());
  EXPECT_THAT(Ids("a"), ElementsAre(1, 6));
  Write("vocab.json", ByteVocabulary());
  EXPECT_THAT(Ids("a"), ElementsAre(1, 6)) << "without merges.txt it is of no use";
  Write("merges.txt", "#version: 0.2\na b\n");
  EXPECT_THAT(Ids("ab"), ElementsAre(256));
  Write("tokenizer.json", "{");
  EXPECT_THAT(Refusal(), HasSubstr("tokenizer.json: not a usable tokenizer.json"));
}

TEST_F(FolderTokenizerTest, SettingsSayWhichTokensAreAdded) {
  Write("tokenizer.model", SmallModel());
  EXPECT_THAT(Ids("ab"), ElementsAre(1, 6, 5));
  Write("tokenizer_config.json", R"({"add_bos_token": false, "add_eos_token": true})");
  EXPECT_THAT(Ids("ab</s>"), ElementsAre(6, 5, 2, 2));
  Write("tokenizer_config.json", R"({"add_prefix_space": false})");
  EXPECT_THAT(Ids("ab"), ElementsAre(1, 7));
  // The older releases' two files.
  Write("tokenizer_config.json", "{}");
  Write("special_tokens_map.json",
        R"({"pad_token": "[PAD]", "bos_token": {"content": "<s>", "normalized": true}})");
  Write("added_tokens.json", R"({"[PAD]": 8, "<tool>": 9})");
  EXPECT_THAT(Ids("[PAD]<tool><s>"), ElementsAre(1, 8, 9, 1));
  const auto tokenizer = Open();
  ASSERT_TRUE(tokenizer.ok());
  EXPECT_EQ(tokenizer->special_tokens.pad, "[PAD]");
  EXPECT_EQ(tokenizer->special_tokens.bos, "<s>");
  EXPECT_EQ(tokenizer->codec->Decode({6, 8, 9, 2}, true).value(), "a<tool>");
}

TEST_F(FolderTokenizerTest, DeclaredTokensMayLeaveGapsAndTakeTheNamesOfOthers) {
  Write("tokenizer.model", SmallModel());
  Write("tokenizer_config.json", R"({"added_tokens_decoder": {
    "1": {"content": "<start>", "special": true}, "20": {"content": "<far>", "special": true, "rstrip": true}},
    "bos_token": "<start>"})");
  EXPECT_THAT(Ids("<far>  <start>"), ElementsAre(1, 20, 1));
  EXPECT_EQ(Open()->codec->vocabulary_size(), 21);
  Write("tokenizer_config.json", R"({"added_tokens_decoder": {"20": {"content": "ab"}}})");
  EXPECT_THAT(
      Refusal(),
      HasSubstr("tokenizer_config.json: the token \"ab\" is there twice, with the ids 7 and 20"));
}

TEST_F(FolderTokenizerTest, ATokenWithoutARowInTheModelIsLeftOut) {
  Write("tokenizer.model", SmallModel());
  Write("tokenizer_config.json", R"({"pad_token": "[PAD]"})");
  Write("config.json", R"({"vocab_size": 9})");
  EXPECT_EQ(Open()->codec->TokenToId("[PAD]"), 8);
  Write("config.json", R"({"vocab_size": 8})");
  EXPECT_EQ(Open()->codec->TokenToId("[PAD]"), std::nullopt);
  EXPECT_EQ(Open()->codec->vocabulary_size(), 8);
}

TEST_F(FolderTokenizerTest, NeededTokensMustBeThere) {
  Write("tokenizer.model", SmallModel());
  Write("config.json", R"({"vocab_size": 8})");
  Write("tokenizer_config.json", R"({"bos_token": "<begin>"})");
  EXPECT_THAT(Refusal(),
              HasSubstr("tokenizer.model: there is no token \"\", which add_bos_token needs"));
  Remove("tokenizer.model");
  Write("vocab.json", ByteVocabulary());
  Write("merges.txt", "");
  Write("tokenizer_config.json", R"({"add_bos_token": true, "bos_token": null})");
  EXPECT_THAT(Refusal(),
              HasSubstr("vocab.json: there is no token \"\", which add_bos_token needs"));
}

TEST_F(FolderTokenizerTest, ErrorsOfSettingsNameTheFieldAndTheFile) {
  Write("tokenizer.model", SmallModel());
  const auto config = [&](const std::string& json) {
    Write("tokenizer_config.json", json);
    return Refusal();
  };
  EXPECT_THAT(config(R"({"add_bos_token": 1})"),
              HasSubstr("tokenizer_config.json: \"add_bos_token\" must be true or false"));
  EXPECT_THAT(config(R"({"extra_ids": 1e9})"), HasSubstr("\"extra_ids\" must be a whole number"));
  EXPECT_THAT(config(R"({"extra_ids": 99999999})"),
              HasSubstr("\"extra_ids\" must be a whole number"));
  EXPECT_THAT(config(R"({"added_tokens_decoder": {"x": {"content": "y"}}})"),
              HasSubstr("\"added_tokens_decoder.x\""));
  EXPECT_THAT(config(R"({"added_tokens_decoder": {"9": {"content": "y", "lstrip": 3}}})"),
              HasSubstr("added_tokens_decoder.9"));
  EXPECT_THAT(config(R"({"added_tokens_decoder": {"99999999": {"content": "y"}}})"),
              HasSubstr("has the id 99999999, not one up to"));
  EXPECT_THAT(config(R"({"additional_special_tokens": "x"})"),
              HasSubstr("\"additional_special_tokens\" must be a list"));
  EXPECT_THAT(config(R"({"mask_token": []})"), HasSubstr("\"mask_token\" must be a text"));
  Write("tokenizer_config.json", "{}");
  Write("added_tokens.json", R"({"<x>": -1})");
  EXPECT_THAT(Refusal(), HasSubstr("added_tokens.json: \"<x>\" must be a token's id"));
  Write("added_tokens.json", "[]");
  EXPECT_THAT(Refusal(), HasSubstr("added_tokens.json: not a JSON object"));
}

TEST_F(FolderTokenizerTest, ErrorsOfVocabulariesNameTheLine) {
  Write("vocab.json", ByteVocabulary());
  const auto merges = [&](const std::string& text) {
    Write("merges.txt", text);
    return Refusal();
  };
  EXPECT_THAT(merges("#version: 0.2\na b\na c\n"),
              HasSubstr("merges.txt: line 3: the token \"ac\" is not in vocab.json"));
  EXPECT_THAT(merges("a b c\n"), HasSubstr("merges.txt: line 1: a merge is two tokens, not 3"));
  EXPECT_THAT(merges("a \xFF\n"), HasSubstr("merges.txt: line 1: not UTF-8"));
  Write("merges.txt", "a b\r\na b\n\n");
  EXPECT_THAT(Ids("ab"), ElementsAre(256));
  for (const auto& [vocabulary, error] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "vocab.json: not a JSON object"},
           {R"({"a": 0, "b": 0})", "vocab.json: the tokens \"a\" and \"b\" both have the id 0"},
           {R"({"a": -1})", "vocab.json: the token \"a\" must have an id"},
           {R"({"a": 99999999})", "vocab.json: the token \"a\" must have an id"},
           {R"({"": 0})", "vocab.json: the token 0 is empty"}}) {
    Write("vocab.json", vocabulary);
    EXPECT_THAT(Refusal(), HasSubstr(error));
  }
}

TEST_F(FolderTokenizerTest, ABytesWithoutATokenIsUnknown) {
  Write("vocab.json", R"({"a": 0, "b": 1, "ab": 2, "<unk>": 3})");
  Write("merges.txt", "a b\n");
  Write("config.json", R"({"vocab_size": 4})");
  EXPECT_THAT(Refusal(), HasSubstr("which text with bytes that have no token needs"));
  Write("tokenizer_config.json", R"({"unk_token": "<unk>"})");
  EXPECT_THAT(Ids("abxa"), ElementsAre(2, 3, 0));
}

TEST_F(FolderTokenizerTest, TiktokensFiles) {
  Write("tokenizer.model", TiktokenFile());
  EXPECT_THAT(Ids("abb<|eot_id|>"), ElementsAre(257, 256, 98, 266));
  EXPECT_EQ(Open()->special_tokens.bos, "<|begin_of_text|>");
  Write("config.json", R"({"model_type": "chatglm"})");
  EXPECT_THAT(Refusal(),
              HasSubstr("the token \"[gMASK]\", which comes before every text, is not there"));
  Remove("config.json");
  for (const auto& [line, error] : std::vector<std::pair<std::string, std::string>>{
           {"YWI= 300\n", "line 258: the token \"ab\" is there twice"},
           {"YWM= 256\n", "line 258: the tokens \"ab\" and \"ac\" both have the id 256"},
           {"Y! 300\n", "line 258: not a token in base64"},
           {"YWM=\n", "line 258: not a token in base64"},
           {"YWM= -1\n", "line 258: not a token in base64"}}) {
    Write("tokenizer.model", TiktokenFile() + line);
    EXPECT_THAT(Refusal(), HasSubstr(error)) << line;
  }
  Write("tokenizer.model", "YWI= 0\n");
  EXPECT_THAT(Refusal(), HasSubstr("tokenizer.model: the byte 0x00 has no token"));
}

TEST_F(FolderTokenizerTest, RwkvsVocabulary) {
  const std::string file = "rwkv_vocab_v20230424.txt";
  Write(file, RwkvFile() + "259 '\\u00e9\\'\\n' 4\n260 b'\\xe6\\x97' 2\n");
  const auto tokenizer = Open();
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const TokenCodec& codec = *tokenizer->codec;
  EXPECT_THAT(codec.Encode("abcab\u00e9'\n", true).value(), ElementsAre(258, 257, 259));
  EXPECT_THAT(codec.Encode("\u65e5<|endoftext|>", true)->front(), 260);
  EXPECT_EQ(codec.Decode({258, 260, 0}, true).value(), "abc\uFFFD");
  EXPECT_EQ(codec.Decode({258, 0, 99999}, false).value(), "abc<|endoftext|>");
  EXPECT_FALSE(codec.Decode({-1}, true).ok());
  EXPECT_FALSE(codec.Encode("\xFF", true).ok());
  EXPECT_EQ(codec.vocabulary_size(), 261);
  EXPECT_EQ(codec.TokenToId("ab"), 257);
  EXPECT_EQ(codec.TokenToId("<|endoftext|>"), 0);
  EXPECT_EQ(codec.TokenToId("nothing"), std::nullopt);
  for (const auto& [line, error] : std::vector<std::pair<std::string, std::string>>{
           {"259 'x", "line 259: not an id, a string"},
           {"259 'x 1", "line 259: not in quotation marks"},
           {"0 'xy' 2", "line 259: the id must be from 1"},
           {"259 'xy' 3", "line 259: the token has 2 bytes, not 3"},
           {"258 'xy' 2", "line 259: the id 258 is there twice"},
           {"259 'ab' 2", "line 259: the token is there twice"},
           {"259 '\\q' 1", "line 259: a wrong escape sequence"},
           {"259 '\\ud800' 3", "line 259: a wrong escape sequence"},
           {"259 b'\u00e9' 2", "line 259: bytes beyond ASCII"},
           {"259 'x'y' 3", "line 259: it ends in the middle"},
           {"259 '\xFF' 1", "line 259: not UTF-8"},
           {"259 '' 0", "line 259: a token must have 1 to"}}) {
    Write(file, RwkvFile() + line + "\n");
    EXPECT_THAT(Refusal(), HasSubstr(error)) << line;
  }
  Write(file, "1 'a' 1\n");
  EXPECT_THAT(Refusal(), HasSubstr(file + ": the byte 0x00 has no token"));
}

TEST_F(FolderTokenizerTest, ChatGlmsTokensAreAddedButNotLookedFor) {
  Write("tokenizer.model", SmallModel());
  Write("config.json", R"({"model_type": "chatglm", "vocab_size": 30})");
  EXPECT_THAT(Ids("a"), ElementsAre(9, 11, 6));  // [gMASK] and sop
  EXPECT_EQ(Ids("sop")[2], 3) << "the text is no token";
  EXPECT_EQ(Open()->codec->Decode({9, 11, 6, 12}, false).value(), "a");
}

}  // namespace
}  // namespace assay
