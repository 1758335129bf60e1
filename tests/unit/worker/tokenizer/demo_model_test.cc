// The demo model's tokenizer against the Python tokenizers library and the reference outputs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "worker/tokenizer/chat_template.h"
#include "worker/tokenizer/tokenizer.h"
#include "worker/weights/gguf_file.h"

namespace assay {
namespace {

using Ids = std::vector<int32_t>;
using Json = nlohmann::json;

std::string DemoModelPath() {
  if (const char* path = std::getenv("ASSAY_DEMO_MODEL")) return path;
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "" : home,
                      "/.cache/assay/models/SmolLM2-135M-Instruct.Q4_1.gguf");
}

std::vector<Json> ReadLines(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::vector<Json> result;
  for (std::string line; std::getline(file, line);) result.push_back(Json::parse(line));
  return result;
}

class DemoModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string path = DemoModelPath();
    if (!std::filesystem::exists(path)) {
      GTEST_SKIP() << "the demo model is not at " << path << "; set ASSAY_DEMO_MODEL";
    }
    absl::StatusOr<std::unique_ptr<GgufFile>> file = GgufFile::Open(path);
    ASSERT_TRUE(file.ok()) << file.status();
    absl::StatusOr<std::unique_ptr<Tokenizer>> tokenizer = Tokenizer::FromGguf(**file);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    tokenizer_ = *std::move(tokenizer);
  }

  Ids Encode(const std::string& text) { return tokenizer_->Encode(text, true).value(); }

  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(DemoModelTest, KnowsItself) {
  EXPECT_EQ(tokenizer_->vocabulary_size(), 49152);
  EXPECT_EQ(tokenizer_->special_tokens().bos, "<|im_start|>");
  EXPECT_EQ(tokenizer_->special_tokens().eos, "<|im_end|>");
  EXPECT_EQ(tokenizer_->TokenToId("<|im_end|>"), 2);
  const auto prompt =
      RenderChat(tokenizer_->chat_template(), {{"user", "Hi"}}, true, tokenizer_->special_tokens());
  ASSERT_TRUE(prompt.ok()) << prompt.status();
  EXPECT_EQ(*prompt,
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging "
            "Face<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

// tests/golden/make_tokenizer_golden.py
TEST_F(DemoModelTest, TokenizesAsThePythonLibraryDoes) {
  const std::vector<Json> lines = ReadLines("tests/golden/tokenizer_smollm2.jsonl");
  ASSERT_GE(lines.size(), 40u);
  for (const Json& line : lines) {
    const auto text = line["text"].get<std::string>();
    const auto ids = line["ids"].get<Ids>();
    EXPECT_EQ(Encode(text), ids) << text;
    EXPECT_EQ(tokenizer_->Decode(ids, false).value(), line["decoded"].get<std::string>());
    EXPECT_EQ(tokenizer_->Decode(ids, true).value(),
              line["decoded_without_special"].get<std::string>());
  }
}

class ReferenceOutputsTest : public DemoModelTest {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("../shared/golden/bbh_fp32.jsonl")) {
      GTEST_SKIP() << "the reference outputs are not in ../shared/golden";
    }
    DemoModelTest::SetUp();
  }
};

TEST_F(ReferenceOutputsTest, BbhPromptsAndTexts) {
  std::map<std::string, Json> tasks;
  const std::vector<Json> lines = ReadLines("../shared/golden/bbh_fp32.jsonl");
  ASSERT_GE(lines.size(), 50u);
  for (const Json& line : lines) {
    const auto id = line["id"].get<std::string>();
    const std::vector<std::string> parts = absl::StrSplit(id, '/');
    ASSERT_EQ(parts.size(), 3u) << id;
    Json& task = tasks[parts[1]];
    if (task.is_null()) {
      std::ifstream file(absl::StrCat("../shared/data/bbh/", parts[1], ".json"));
      ASSERT_TRUE(file.good()) << id;
      task = Json::parse(file)["examples"];
    }
    // The instructeval prompt: the task's first three examples, then the item.
    std::string prompt;
    const auto add = [&](size_t index) {
      absl::StrAppend(&prompt, task.at(index)["input"].get<std::string>(), "\nAnswer:");
    };
    for (size_t shot = 0; shot < 3; ++shot) {
      add(shot);
      absl::StrAppend(&prompt, " ", task.at(shot)["target"].get<std::string>(), "\n\n");
    }
    add(std::stoul(parts[2]));
    EXPECT_EQ(Encode(prompt).size(), line["prompt_tokens"].get<size_t>()) << id;
    EXPECT_EQ(tokenizer_->Decode(line["token_ids"].get<Ids>(), true).value(),
              line["text"].get<std::string>())
        << id;
  }
}

TEST_F(ReferenceOutputsTest, MmluChoices) {
  Ids choices;
  for (const char* choice : {" A", " B", " C", " D"}) {
    const Ids ids = Encode(choice);
    ASSERT_EQ(ids.size(), 1u) << choice;
    choices.push_back(ids[0]);
  }
  const std::vector<Json> lines = ReadLines("../shared/golden/mmlu_fp32.jsonl");
  ASSERT_GE(lines.size(), 30u);
  for (const Json& line : lines) {
    EXPECT_EQ(choices, line["choice_token_ids"].get<Ids>()) << line["id"];
  }
}

}  // namespace
}  // namespace assay
