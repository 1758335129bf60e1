// What adapters are refused for; that they compute what peft does is tested in worker/model.
#include "worker/weights/adapter_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "tests/support/checkpoint_builder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kModule[] = "base_model.model.model.layers.0.self_attn.q_proj";

// Two layers of one matrix [3, 2], and an embedding.
class AdapterCheckpointTest : public testing::Test {
 protected:
  AdapterCheckpointTest() {
    std::string pattern = testing::TempDir() + "/adapter_checkpoint_test.XXXXXX";
    folder_ = fs::canonical(mkdtemp(pattern.data())).string();
    base_ = Path("base");
    fs::create_directory(base_);
    Write("base/config.json", R"({"model_type":"llama","vocab_size":4})");
    WriteBase({});
    tensors_ = {{absl::StrCat(kModule, ".lora_A.weight"), {1, 2}, {1, 2}},
                {absl::StrCat(kModule, ".lora_B.weight"), {3, 1}, {1, 10, 100}}};
  }
  ~AdapterCheckpointTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return absl::StrCat(folder_, "/", name); }
  void Write(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(WriteFile(Path(name), content).ok());
  }
  void WriteBase(const std::vector<TestTensor>& more) const {
    std::vector<TestTensor> tensors = {
        {"model.embed_tokens.weight", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
        {"model.layers.0.self_attn.q_proj.weight", {3, 2}, {1, 1, 1, 1, 1, 1}},
        {"model.layers.1.self_attn.q_proj.weight", {3, 2}, {2, 2, 2, 2, 2, 2}}};
    tensors.insert(tensors.end(), more.begin(), more.end());
    Write("base/model.safetensors", SafetensorsBytes(tensors));
  }
  absl::StatusOr<std::unique_ptr<Checkpoint>> Open() const {
    Write("adapter_config.json", settings_.dump());
    Write("adapter_model.safetensors", SafetensorsBytes(tensors_));
    return Checkpoint::Open(folder_, base_);
  }
  std::string Refusal() const {
    const auto checkpoint = Open();
    return checkpoint.ok() ? "" : std::string(checkpoint.status().message());
  }
  std::string RefusalWith(const json& settings) {
    const json before = settings_;
    settings_.merge_patch(settings);
    const std::string refusal = Refusal();
    settings_ = before;
    return refusal;
  }
  // Rows [begin, end).
  static std::vector<float> Rows(const Checkpoint& checkpoint, const std::string& name,
                                 int64_t begin, int64_t end) {
    const StoredTensor* tensor = checkpoint.Find(name).value();
    std::vector<float> rows(static_cast<size_t>((end - begin) * tensor->shape[1]));
    EXPECT_TRUE(checkpoint.ReadRows(*tensor, begin, end, rows.data()).ok());
    return rows;
  }

  std::string folder_;
  std::string base_;
  json settings_ = {{"peft_type", "LORA"},
                    {"r", 1},
                    {"lora_alpha", 2},
                    {"target_modules", {"q_proj"}},
                    {"task_type", "CAUSAL_LM"}};
  std::vector<TestTensor> tensors_;
};

TEST_F(AdapterCheckpointTest, AddsTheProductsToTheRows) {
  const auto checkpoint = Open();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const std::string name = "model.layers.0.self_attn.q_proj.weight";
  EXPECT_THAT(Rows(**checkpoint, name, 0, 3), ElementsAre(3, 5, 21, 41, 201, 401));
  EXPECT_THAT(Rows(**checkpoint, name, 1, 2), ElementsAre(21, 41));
  EXPECT_THAT(Rows(**checkpoint, "model.layers.1.self_attn.q_proj.weight", 0, 1),
              ElementsAre(2, 2));
  EXPECT_EQ((*checkpoint)->format(), "peft");
  EXPECT_EQ((*checkpoint)->path(), folder_);
  EXPECT_EQ((*checkpoint)->base_path(), base_);
  EXPECT_EQ((*checkpoint)->tokenizer_folder(), base_);
  Write("tokenizer.json", "{}");
  EXPECT_EQ((*checkpoint)->tokenizer_folder(), folder_);
}

TEST_F(AdapterCheckpointTest, TheBaseIsNamedOrFound) {
  base_ = "";
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("does not name"), HasSubstr("--base FOLDER")));
  EXPECT_THAT(RefusalWith({{"base_model_name_or_path", "someone/base"}}),
              AllOf(HasSubstr("\"someone/base\" is no folder here"), HasSubstr("--base FOLDER")));
  EXPECT_EQ(RefusalWith({{"base_model_name_or_path", Path("base")}}), "");
  base_ = Path("nothing");
  EXPECT_THAT(Refusal(), HasSubstr("nothing"));
  base_ = folder_;
  EXPECT_THAT(Refusal(), HasSubstr("is an adapter as well"));
  EXPECT_THAT(std::string(Checkpoint::Open(Path("base"), Path("base")).status().message()),
              HasSubstr("only a LoRA adapter has a base"));
}

TEST_F(AdapterCheckpointTest, OtherKindsAndSettingsAreRefusedByName) {
  for (const char* kind : {"IA3", "PREFIX_TUNING", "PROMPT_TUNING", "LOHA", "ADALORA"}) {
    EXPECT_THAT(RefusalWith({{"peft_type", kind}}),
                AllOf(HasSubstr("\"peft_type\""), HasSubstr(kind)));
  }
  EXPECT_THAT(RefusalWith({{"peft_type", nullptr}}), HasSubstr("\"peft_type\""));
  EXPECT_THAT(RefusalWith({{"task_type", "SEQ_CLS"}}), HasSubstr("SEQ_CLS"));
  EXPECT_THAT(RefusalWith({{"init_lora_weights", "pissa_niter_4"}}), HasSubstr("pissa_niter_4"));
  EXPECT_EQ(RefusalWith({{"init_lora_weights", "gaussian"}}), "");
  for (const char* field : {"layer_replication", "enable_lora", "alora_invocation_tokens",
                            "trainable_token_indices", "target_parameters", "a_new_field"}) {
    EXPECT_THAT(RefusalWith({{field, {1}}}), HasSubstr(field));
    EXPECT_EQ(RefusalWith({{field, nullptr}}), "");
    EXPECT_EQ(RefusalWith({{field, json::object()}}), "");
    EXPECT_EQ(RefusalWith({{field, false}}), "");
  }
  EXPECT_THAT(RefusalWith({{"use_qalora", true}}), HasSubstr("use_qalora"));
}

TEST_F(AdapterCheckpointTest, WrongSettingsAreNamed) {
  EXPECT_THAT(RefusalWith({{"r", 0}}), HasSubstr("\"r\""));
  EXPECT_THAT(RefusalWith({{"r", "1"}}), HasSubstr("\"r\""));
  EXPECT_THAT(RefusalWith({{"lora_alpha", "much"}}), HasSubstr("\"lora_alpha\""));
  EXPECT_THAT(RefusalWith({{"use_rslora", 1}}), HasSubstr("\"use_rslora\""));
  EXPECT_THAT(RefusalWith({{"target_modules", 7}}), HasSubstr("\"target_modules\""));
  EXPECT_THAT(RefusalWith({{"target_modules", "(?=a)q_proj"}}),
              AllOf(HasSubstr("\"target_modules\""), HasSubstr("cannot be read")));
  EXPECT_THAT(RefusalWith({{"alpha_pattern", {{"(", 1}}}}), HasSubstr("\"alpha_pattern\""));
  EXPECT_THAT(RefusalWith({{"alpha_pattern", {{"a", "b"}}}}), HasSubstr("\"alpha_pattern\""));
  EXPECT_THAT(RefusalWith({{"rank_pattern", 3}}), HasSubstr("\"rank_pattern\""));
  EXPECT_THAT(RefusalWith({{"layers_to_transform", "x"}}), HasSubstr("\"layers_to_transform\""));
  Write("adapter_config.json", "{");
  EXPECT_THAT(std::string(Checkpoint::Open(folder_, base_).status().message()),
              HasSubstr("adapter_config.json:1"));
}

TEST_F(AdapterCheckpointTest, ModulesThatTheSettingsDoNotSelectAreNamed) {
  const auto refused = AllOf(HasSubstr("layers.0.self_attn.q_proj"), HasSubstr("does not select"));
  EXPECT_THAT(RefusalWith({{"target_modules", {"v_proj", "proj"}}}), refused);
  EXPECT_THAT(RefusalWith({{"target_modules", "q_proj"}}), refused);  // a pattern of the whole
  EXPECT_THAT(RefusalWith({{"exclude_modules", {"q_proj"}}}), refused);
  EXPECT_THAT(RefusalWith({{"layers_to_transform", {1, 2}}}), refused);
  EXPECT_THAT(RefusalWith({{"layers_to_transform", 0}, {"layers_pattern", "blocks"}}), refused);
  EXPECT_EQ(RefusalWith({{"layers_to_transform", 0}, {"layers_pattern", "layers"}}), "");
  EXPECT_EQ(RefusalWith({{"layers_to_transform", {0}}}), "");
  EXPECT_EQ(RefusalWith({{"target_modules", ".*q_pro."}}), "");
  EXPECT_EQ(RefusalWith({{"target_modules", "all-linear"}}), "");
  EXPECT_EQ(RefusalWith({{"target_modules", {"model.layers.0.self_attn.q_proj"}}}), "");
}

TEST_F(AdapterCheckpointTest, AnAdapterOfAnotherBaseIsRefusedByItsTensor) {
  tensors_[0] = {absl::StrCat(kModule, ".lora_A.weight"), {1, 3}, {1, 2, 3}};
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("q_proj.lora_A.weight"), HasSubstr("[3, 3]"),
                               HasSubstr("[3, 2]"), HasSubstr("another base?")));
  tensors_[0] = {"base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", {1, 2}, {1, 2}};
  tensors_[1].name = "base_model.model.model.layers.7.self_attn.q_proj.lora_B.weight";
  EXPECT_THAT(
      Refusal(),
      AllOf(HasSubstr("model.layers.7.self_attn.q_proj.weight\", which is no tensor of the base"),
            HasSubstr("another base?")));
}

TEST_F(AdapterCheckpointTest, IncompleteAndUnknownTensorsAreNamed) {
  const std::vector<TestTensor> whole = tensors_;
  EXPECT_THAT(RefusalWith({{"r", 2}}), AllOf(HasSubstr("has rank 1"), HasSubstr("should have 2")));
  tensors_ = {whole[0]};
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("layers.0.self_attn.q_proj"), HasSubstr("no lora_B")));
  tensors_ = {whole[1]};
  EXPECT_THAT(Refusal(), HasSubstr("no lora_A"));
  tensors_ = whole;
  tensors_.push_back({"base_model.model.prompt", {1}, {1}});
  EXPECT_THAT(Refusal(), HasSubstr("\"base_model.model.prompt\" is no part of a LoRA adapter"));
  tensors_ = whole;
  tensors_.push_back({absl::StrCat(kModule, ".lora_A.default.weight"), {1, 2}, {1, 2}});
  EXPECT_THAT(Refusal(), HasSubstr("is there twice"));
  tensors_ = whole;
  EXPECT_THAT(RefusalWith({{"use_dora", true}}), HasSubstr("no magnitudes"));
  tensors_.push_back({absl::StrCat(kModule, ".lora_magnitude_vector"), {3}, {1, 1, 1}});
  EXPECT_THAT(Refusal(), HasSubstr("use_dora is false"));
  tensors_.back() = {absl::StrCat(kModule, ".lora_magnitude_vector"), {2}, {1, 1}};
  EXPECT_THAT(RefusalWith({{"use_dora", true}}), HasSubstr("not one value for each row"));
  tensors_ = {{"base_model.model.model.layers.0.self_attn.q_proj.weight", {2, 2}, {1, 1, 1, 1}}};
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("[2, 2]"), HasSubstr("another base?")));
  tensors_ = {{"base_model.model.model.layers.9.norm.weight", {2}, {1, 1}}};
  EXPECT_THAT(Refusal(), HasSubstr("stands for no tensor"));
  tensors_ = {};
  EXPECT_THAT(Refusal(), HasSubstr("holds no LoRA matrices"));
  fs::remove(Path("adapter_model.safetensors"));
  EXPECT_THAT(std::string(Checkpoint::Open(folder_, base_).status().message()),
              HasSubstr("no adapter_model.safetensors and no adapter_model.bin"));
}

TEST_F(AdapterCheckpointTest, NewTokensHaveRowsInBothMatrices) {
  WriteBase({{"lm_head.weight", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}}});
  const std::vector<float> rows = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  tensors_.push_back({"base_model.model.model.embed_tokens.weight", {5, 2}, rows});
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("5 tokens"), HasSubstr("the head 4")));
  tensors_.push_back({"base_model.model.lm_head.weight", {5, 2}, rows});
  const auto checkpoint = Open();
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ((*checkpoint)->config()["vocab_size"], 5);
  EXPECT_THAT(Rows(**checkpoint, "lm_head.weight", 4, 5), ElementsAre(9, 10));
}

TEST_F(AdapterCheckpointTest, TheEmbeddingOfAnEncoderDecoderIsLeftAlone) {
  Write("base/config.json", R"({"model_type":"t5","is_encoder_decoder":true,"vocab_size":4})");
  WriteBase({{"shared.weight", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}}});
  EXPECT_EQ(Refusal(), "");
  tensors_.push_back({"base_model.model.shared.weight", {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8}});
  EXPECT_THAT(RefusalWith({{"modules_to_save", {"shared"}}}),
              AllOf(HasSubstr("the embedding \"shared\""), HasSubstr("encoder and decoder"),
                    HasSubstr("with peft")));
}

TEST_F(AdapterCheckpointTest, AGgufFileCanBeTheBase) {
  const TinyLlamaOptions options = {.layers = 1};
  ASSERT_TRUE(WriteTinyLlama(Path("llama"), options).ok());
  ASSERT_TRUE(WriteTinyLlamaGguf(Path("llama.gguf"), options).ok());
  std::vector<float> a(64), b(64);
  for (size_t i = 0; i < 64; ++i) {
    a[i] = static_cast<float>(i) / 8;
    b[i] = static_cast<float>(64 - i) / 4;
  }
  tensors_ = {{absl::StrCat(kModule, ".lora_A.weight"), {1, 64}, a},
              {absl::StrCat(kModule, ".lora_B.weight"), {64, 1}, b}};
  std::vector<std::vector<float>> rows;
  for (const char* name : {"llama", "llama.gguf"}) {
    base_ = Path(name);
    const auto checkpoint = Open();
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ((*checkpoint)->gguf() != nullptr, base_.ends_with(".gguf"));
    // GGUF has the rows of rotated heads in another order.
    rows.push_back(Rows(**checkpoint, "model.layers.0.self_attn.q_proj.weight", 0, 64));
  }
  EXPECT_EQ(rows[0], rows[1]);
}

TEST_F(AdapterCheckpointTest, DigestCoversTheAdapterAndItsBase) {
  std::vector<std::string> digests;
  const auto add = [&] { digests.push_back((*Open())->Digest().value()); };
  add();
  tensors_[0].values[0] = 3;
  add();
  settings_["lora_alpha"] = 4;
  add();
  WriteBase({{"more", {1}, {1}}});
  add();
  std::sort(digests.begin(), digests.end());
  EXPECT_EQ(std::unique(digests.begin(), digests.end()), digests.end());
}

}  // namespace
}  // namespace assay
