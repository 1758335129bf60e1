#include "worker/weights/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "common/base/sha256.h"
#include "tests/support/checkpoint_builder.h"
#include "tests/support/gguf_builder.h"
#include "worker/weights/gguf_checkpoint.h"
#include "worker/weights/gguf_file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class CheckpointTest : public testing::Test {
 protected:
  CheckpointTest() {
    std::string pattern = testing::TempDir() + "/checkpoint_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~CheckpointTest() override { fs::remove_all(folder_); }

  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }
  void Write(absl::string_view name, absl::string_view content) const {
    ASSERT_TRUE(WriteFile(Path(name), content).ok());
  }
  void WriteConfig() const { Write("config.json", R"({"model_type":"llama","eos_token_id":2})"); }
  void WriteIndex(const json& weight_map) const {
    Write("model.safetensors.index.json", json{{"weight_map", weight_map}}.dump());
  }
  std::string Refusal(absl::string_view name = "") const {
    auto checkpoint = Checkpoint::Open(name.empty() ? folder_ : Path(name));
    return checkpoint.ok() ? "" : std::string(checkpoint.status().message());
  }

  std::string folder_;
};

std::vector<float> AllValues(const Checkpoint& checkpoint, const StoredTensor& tensor) {
  int64_t count = 1;
  for (int64_t size : tensor.shape) count *= size;
  std::vector<float> values(static_cast<size_t>(count));
  EXPECT_TRUE(checkpoint.ReadRows(tensor, 0, tensor.shape[0], values.data()).ok());
  return values;
}

TEST_F(CheckpointTest, FolderAndGgufHoldTheSameModel) {
  for (TensorType type : {TensorType::kF32, TensorType::kF16, TensorType::kBF16}) {
    TinyLlamaOptions options;
    options.heads = 6;
    options.kv_heads = 3;
    options.head_dim = 8;
    options.attention_bias = true;
    options.mlp_bias = true;
    options.tie = type == TensorType::kF32;
    options.rope_scaling = {{"rope_type", "linear"}, {"factor", 2.0}};
    options.type = type;
    ASSERT_TRUE(WriteTinyLlama(Path("hf"), options).ok());
    ASSERT_TRUE(WriteTinyLlamaGguf(Path("model.gguf"), options).ok());
    auto folder = Checkpoint::Open(Path("hf"));
    auto gguf = Checkpoint::Open(Path("model.gguf"));
    ASSERT_TRUE(folder.ok()) << folder.status();
    ASSERT_TRUE(gguf.ok()) << gguf.status();
    EXPECT_EQ((*folder)->format(), "huggingface");
    EXPECT_EQ((*gguf)->format(), "gguf");
    EXPECT_EQ((*folder)->gguf(), nullptr);
    EXPECT_NE((*gguf)->gguf(), nullptr);
    EXPECT_EQ((*folder)->StoredType(), Info(type).name);
    EXPECT_EQ((*gguf)->StoredType(), Info(type).name);

    const std::vector<TestTensor> written = TinyLlamaTensors(options);
    ASSERT_EQ((*folder)->tensors().size(), written.size());
    ASSERT_EQ((*gguf)->tensors().size(), written.size());
    for (const TestTensor& tensor : written) {
      for (const Checkpoint* checkpoint : {folder->get(), gguf->get()}) {
        auto found = checkpoint->Find(tensor.name);
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_EQ((*found)->shape, tensor.shape);
        EXPECT_EQ(AllValues(*checkpoint, **found), tensor.values) << tensor.name;
      }
    }

    json from_folder = (*folder)->config();
    json from_gguf = (*gguf)->config();
    EXPECT_NEAR(from_gguf["rms_norm_eps"].get<double>(), 1e-5, 1e-12);  // float32 in GGUF
    from_folder.erase("rms_norm_eps");
    from_gguf.erase("rms_norm_eps");
    EXPECT_EQ(from_gguf, from_folder);
  }
}

TEST_F(CheckpointTest, ReadsRangesOfRows) {
  TinyLlamaOptions options;
  ASSERT_TRUE(WriteTinyLlamaGguf(Path("model.gguf"), options).ok());
  auto checkpoint = Checkpoint::Open(Path("model.gguf"));
  ASSERT_TRUE(checkpoint.ok());
  for (const char* name : {"model.layers.1.self_attn.q_proj.weight", "model.norm.weight"}) {
    const StoredTensor* tensor = (*checkpoint)->Find(name).value();
    const std::vector<float> all = AllValues(**checkpoint, *tensor);
    const int64_t row = static_cast<int64_t>(all.size()) / tensor->shape[0];
    std::vector<float> part(static_cast<size_t>(7 * row));
    ASSERT_TRUE((*checkpoint)->ReadRows(*tensor, 5, 12, part.data()).ok());
    EXPECT_EQ(part, std::vector<float>(all.begin() + 5 * row, all.begin() + 12 * row));
    EXPECT_FALSE((*checkpoint)->ReadRows(*tensor, -1, 1, part.data()).ok());
    EXPECT_FALSE((*checkpoint)->ReadRows(*tensor, 2, 1, part.data()).ok());
    EXPECT_FALSE((*checkpoint)->ReadRows(*tensor, 0, tensor->shape[0] + 1, part.data()).ok());
  }
}

TEST_F(CheckpointTest, RowsCanBeginInsideABlock) {
  // A quantized vector: each "row" is one value of a block of 32.
  std::string block = LittleEndian<uint16_t>(0x3c00);  // scale 1
  for (int i = 0; i < 32; ++i) block.push_back(static_cast<char>(i - 16));
  Write("m.gguf", GgufBuilder()
                      .String("general.architecture", "other")
                      .Tensor("v", {64}, 8, block + block)
                      .Bytes());
  auto checkpoint = Checkpoint::Open(Path("m.gguf"));
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  std::vector<float> values(4);
  ASSERT_TRUE((*checkpoint)->ReadRows((*checkpoint)->tensors()[0], 30, 34, values.data()).ok());
  EXPECT_THAT(values, ElementsAre(14, 15, -16, -15));
}

TEST_F(CheckpointTest, FindNamesTheMissingTensor) {
  WriteConfig();
  Write("model.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  auto checkpoint = Checkpoint::Open(folder_);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE((*checkpoint)->Has("a"));
  EXPECT_FALSE((*checkpoint)->Has("b"));
  auto missing = (*checkpoint)->Find("b");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()),
              AllOf(HasSubstr(folder_), HasSubstr("\"b\"")));
}

TEST_F(CheckpointTest, ShardsOfAnIndex) {
  WriteConfig();
  WriteIndex({{"a", "one.safetensors"}, {"b", "two.safetensors"}});
  Write("one.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  Write("two.safetensors", SafetensorsBytes({{"b", {1}, {2}}}));
  Write("unrelated.safetensors", SafetensorsBytes({{"c", {1}, {3}}}));
  auto checkpoint = Checkpoint::Open(folder_);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_TRUE((*checkpoint)->Has("a"));
  EXPECT_EQ(AllValues(**checkpoint, **(*checkpoint)->Find("b")), std::vector<float>{2});
  EXPECT_FALSE((*checkpoint)->Has("c"));

  WriteIndex({{"a", "one.safetensors"}, {"b", "one.safetensors"}});
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("\"b\" should be in one.safetensors")));
  WriteIndex({{"a", "one.safetensors"}, {"b", "three.safetensors"}});
  EXPECT_THAT(Refusal(), HasSubstr("three.safetensors"));
}

TEST_F(CheckpointTest, ShardsAreFilesOfTheFolder) {
  const std::string secret = folder_ + ".safetensors";  // beside the folder
  ASSERT_TRUE(WriteFile(secret, SafetensorsBytes({{"a", {1}, {1}}})).ok());
  WriteConfig();
  const std::string relative = "../" + fs::path(secret).filename().string();
  for (const json& name : std::vector<json>{relative, secret, "", "..", 7, nullptr}) {
    WriteIndex({{"a", name}});
    EXPECT_THAT(Refusal(), HasSubstr("not a file name in this folder")) << name;
  }
  fs::remove(secret);
  Write("model.safetensors.index.json", "{}");
  EXPECT_THAT(Refusal(), HasSubstr("weight_map"));
}

TEST_F(CheckpointTest, WithoutAnIndexAllSafetensorsCount) {
  WriteConfig();
  Write("x-1.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  Write("x-2.safetensors", SafetensorsBytes({{"b", {1}, {1}}}));
  auto checkpoint = Checkpoint::Open(folder_);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ((*checkpoint)->tensors().size(), 2u);

  Write("x-2.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("\"a\""), HasSubstr("x-1.safetensors"),
                               HasSubstr("x-2.safetensors")));
}

TEST_F(CheckpointTest, FilesOfTorchHoldTheSameModel) {
  const std::string golden = "tests/golden/torch_files/model";
  const auto reference = Checkpoint::Open(golden);
  ASSERT_TRUE(reference.ok()) << reference.status();
  for (const char* form : {"/zip", "/legacy", "/sharded", "/zip/pytorch_model.bin"}) {
    SCOPED_TRACE(form);
    const auto checkpoint = Checkpoint::Open(golden + form);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    EXPECT_EQ((*checkpoint)->format(), "huggingface");
    EXPECT_EQ((*checkpoint)->config(), (*reference)->config());
    EXPECT_TRUE((*checkpoint)->CheckIntegrity().ok());
    EXPECT_NE((*checkpoint)->Digest().value(), (*reference)->Digest().value());
    ASSERT_EQ((*checkpoint)->tensors().size(), (*reference)->tensors().size());
    for (const StoredTensor& tensor : (*reference)->tensors()) {
      const auto found = (*checkpoint)->Find(tensor.name);
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ((*found)->shape, tensor.shape);
      EXPECT_EQ((*found)->bytes, tensor.bytes) << tensor.name;
    }
  }
}

TEST_F(CheckpointTest, SafetensorsComeBeforeFilesOfTorch) {
  WriteConfig();
  Write("pytorch_model.bin", "not to be read");
  Write("pytorch_model.bin.index.json", "{}");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("pytorch_model.bin: "), HasSubstr("not a file of torch")));
  Write("model.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  EXPECT_EQ(Refusal(), "");
  fs::rename(Path("model.safetensors"), Path("other.safetensors"));
  EXPECT_EQ(Refusal(), "");
}

TEST_F(CheckpointTest, OtherNamesOfFilesOfTorch) {
  WriteConfig();
  Write("training_args.bin", "no weights");
  EXPECT_THAT(Refusal(), HasSubstr("no *.safetensors file and no pytorch_model.bin"));
  const std::string weights = *ReadFile("tests/golden/torch_files/zip.bin");
  Write("rwkv.pth", weights);
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(Refusal("rwkv.pth"), "");
  Write("other.pt", weights);
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr("2 files"), HasSubstr("other.pt"), HasSubstr("give the file")));
  EXPECT_EQ(Refusal("rwkv.pth"), "");
  EXPECT_EQ((*Checkpoint::Open(Path("rwkv.pth")))->path(), Path("rwkv.pth"));
  EXPECT_EQ((*Checkpoint::Open(Path("rwkv.pth")))->tokenizer_folder(), folder_);
}

TEST_F(CheckpointTest, MissingShardsAndOtherFrameworksAreNamed) {
  WriteConfig();
  Write("tf_model.h5", "");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("tf_model.h5 is of another framework"),
                               HasSubstr("save_pretrained")));
  fs::rename(Path("tf_model.h5"), Path("flax_model.msgpack"));
  EXPECT_THAT(Refusal(), HasSubstr("flax_model.msgpack is of another framework"));
  fs::rename(Path("flax_model.msgpack"), Path("m.gguf"));
  EXPECT_THAT(Refusal(), HasSubstr("m.gguf is a model of its own: give that file"));
  Write("pytorch_model.bin.index.json", R"({"weight_map":{"a":"pytorch_model-1.bin"}})");
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr("pytorch_model-1.bin"), HasSubstr("\"a\""), HasSubstr("is missing")));
  Write("pytorch_model-1.bin", *ReadFile("tests/golden/torch_files/zip.bin"));
  EXPECT_THAT(Refusal(), HasSubstr("\"a\" should be in pytorch_model-1.bin"));
}

TEST_F(CheckpointTest, RefusesAFolderThatIsNoModel) {
  EXPECT_THAT(Refusal(), HasSubstr("no config.json"));
  Write("config.json", "{");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("config.json:1"), HasSubstr("not valid JSON")));
  Write("config.json", "{}");
  EXPECT_THAT(Refusal(), HasSubstr("model_type"));
  WriteConfig();
  EXPECT_THAT(Refusal(), HasSubstr("no *.safetensors file"));
  Write("model.safetensors", RawSafetensors("{}", ""));
  EXPECT_THAT(Refusal(), HasSubstr("hold no weights"));
  EXPECT_THAT(Refusal("model.safetensors"), HasSubstr("give the folder"));
  EXPECT_THAT(Refusal("nothing"), HasSubstr("nothing"));
}

TEST_F(CheckpointTest, GenerationConfigsEndTokensTakePrecedence) {
  WriteConfig();
  Write("model.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  EXPECT_EQ((*Checkpoint::Open(folder_))->config()["eos_token_id"], 2);
  Write("generation_config.json", R"({"eos_token_id":[5,6]})");
  EXPECT_EQ((*Checkpoint::Open(folder_))->config()["eos_token_id"], json::parse("[5,6]"));
  Write("generation_config.json", R"({"eos_token_id":null})");
  EXPECT_EQ((*Checkpoint::Open(folder_))->config()["eos_token_id"], 2);
  Write("generation_config.json", "nonsense");
  EXPECT_THAT(Refusal(), HasSubstr("generation_config.json"));
}

TEST_F(CheckpointTest, DigestFollowsEveryFileThatDecidesAnAnswer) {
  std::set<std::string> digests;
  const auto add = [&] {
    auto checkpoint = Checkpoint::Open(folder_);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    digests.insert((*checkpoint)->Digest().value());
  };
  WriteConfig();
  Write("one.safetensors", SafetensorsBytes({{"a", {1}, {1}}}));
  add();
  add();
  Write("notes.txt", "not a part of the model");
  add();
  EXPECT_EQ(digests.size(), 1u);
  EXPECT_EQ(digests.begin()->size(), 64u);
  Write("one.safetensors", SafetensorsBytes({{"a", {1}, {2}}}));
  add();
  Write("config.json", R"({"model_type":"llama"})");
  add();
  Write("generation_config.json", R"({"eos_token_id":3})");
  add();
  fs::rename(Path("one.safetensors"), Path("two.safetensors"));
  add();
  EXPECT_EQ(digests.size(), 5u);
}

TEST_F(CheckpointTest, DigestOfAGgufFileIsItsContents) {
  ASSERT_TRUE(WriteTinyLlamaGguf(Path("m.gguf"), {}).ok());
  auto checkpoint = Checkpoint::Open(Path("m.gguf"));
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ((*checkpoint)->Digest().value(), Sha256Hex(ReadFile(Path("m.gguf")).value()));
}

TEST(HuggingFaceTensorNameTest, KnowsLlamasTensors) {
  EXPECT_EQ(HuggingFaceTensorName("token_embd.weight"), "model.embed_tokens.weight");
  EXPECT_EQ(HuggingFaceTensorName("output_norm.weight"), "model.norm.weight");
  EXPECT_EQ(HuggingFaceTensorName("output.weight"), "lm_head.weight");
  EXPECT_EQ(HuggingFaceTensorName("blk.12.ffn_down.bias"), "model.layers.12.mlp.down_proj.bias");
  EXPECT_EQ(HuggingFaceTensorName("rope_freqs.weight"), "rope_freqs.weight");
  EXPECT_EQ(HuggingFaceTensorName("blk.0.ffn_gate_exps.weight"), "blk.0.ffn_gate_exps.weight");
  EXPECT_EQ(HuggingFaceTensorName("blk.weight"), "blk.weight");
  EXPECT_EQ(HuggingFaceTensorName("x"), "x");
}

class GgufConfigTest : public testing::Test {
 protected:
  // A llama file's metadata; `leave_out` is one key without "llama.".
  static GgufBuilder Metadata(absl::string_view leave_out = "") {
    GgufBuilder builder;
    builder.String("general.architecture", "llama");
    const auto add = [&](absl::string_view key, uint32_t value) {
      if (key != leave_out) builder.Uint32(absl::StrCat("llama.", key), value);
    };
    add("block_count", 1);
    add("context_length", 16);
    add("embedding_length", 8);
    add("feed_forward_length", 8);
    add("attention.head_count", 2);
    add("vocab_size", 3);
    if (leave_out != "attention.layer_norm_rms_epsilon") {
      builder.Float32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    }
    return builder;
  }
  absl::StatusOr<json> Config(const GgufBuilder& builder) {
    bytes_ = builder.Bytes();
    auto file = GgufFile::FromBytes("m.gguf", bytes_);
    if (!file.ok()) return file.status();
    auto checkpoint = GgufCheckpoint::FromFile(*std::move(file));
    if (!checkpoint.ok()) return checkpoint.status();
    return (*checkpoint)->config();
  }
  std::string bytes_;
};

TEST_F(GgufConfigTest, FillsInWhatLlamasFilesLeaveOut) {
  auto config = Config(Metadata());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ((*config)["num_key_value_heads"], 2);
  EXPECT_EQ((*config)["head_dim"], 4);
  EXPECT_EQ((*config)["rope_theta"], 10000.0);
  EXPECT_TRUE((*config)["rope_scaling"].is_null());
  EXPECT_EQ((*config)["tie_word_embeddings"], true);
  EXPECT_FALSE(config->contains("eos_token_id"));
  EXPECT_FALSE(config->contains("partial_rotary_factor"));
}

TEST_F(GgufConfigTest, NamesTheMissingKey) {
  for (const char* key :
       {"block_count", "context_length", "embedding_length", "feed_forward_length",
        "attention.head_count", "attention.layer_norm_rms_epsilon", "vocab_size"}) {
    auto config = Config(Metadata(key));
    EXPECT_THAT(std::string(config.status().message()),
                AllOf(HasSubstr("m.gguf"), HasSubstr(absl::StrCat("llama.", key))));
  }
  EXPECT_THAT(std::string(Config(GgufBuilder()).status().message()),
              HasSubstr("general.architecture"));
}

TEST_F(GgufConfigTest, VocabularyCanComeFromTheEmbeddings) {
  auto config =
      Config(Metadata("vocab_size").Tensor("token_embd.weight", {5, 8}, 0, std::string(160, 0)));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ((*config)["vocab_size"], 5);
}

TEST_F(GgufConfigTest, RopeScaling) {
  GgufBuilder yarn = Metadata();
  yarn.String("llama.rope.scaling.type", "yarn")
      .Float32("llama.rope.scaling.factor", 4)
      .Uint32("llama.rope.scaling.original_context_length", 4096);
  EXPECT_EQ(
      (*Config(yarn))["rope_scaling"],
      json::parse(R"({"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":4096})"));
  GgufBuilder none = Metadata();
  none.String("llama.rope.scaling.type", "none");
  EXPECT_TRUE((*Config(none))["rope_scaling"].is_null());
  GgufBuilder old = Metadata();
  old.Float32("llama.rope.scale_linear", 2);
  EXPECT_EQ((*Config(old))["rope_scaling"], json::parse(R"({"rope_type":"linear","factor":2.0})"));
}

TEST_F(GgufConfigTest, OtherArchitecturesAreOnlyNamed) {
  EXPECT_EQ((*Config(GgufBuilder().String("general.architecture", "gemma3")))["model_type"],
            "gemma3");
  EXPECT_EQ((*Config(Metadata().Uint32("llama.expert_count", 8)))["model_type"], "mixtral");
  EXPECT_THAT(
      std::string(Config(GgufBuilder().String("general.architecture", "\xff")).status().message()),
      HasSubstr("general.architecture"));
}

TEST_F(GgufConfigTest, HeadsMustDivideTheRows) {
  const std::string data(7 * 8 * 4, 0);
  EXPECT_THAT(
      std::string(
          Config(Metadata().Tensor("blk.0.attn_q.weight", {7, 8}, 0, data)).status().message()),
      HasSubstr("7 rows, which are not 2 heads"));
  GgufBuilder none = Metadata("attention.head_count");
  none.Uint32("llama.attention.head_count", 0);
  EXPECT_THAT(std::string(Config(none).status().message()), HasSubstr("head_count"));
}

TEST_F(GgufConfigTest, TwoTensorsForOneNameAreRefused) {
  EXPECT_THAT(std::string(Config(Metadata()
                                     .Tensor("output.weight", {1}, 0, "1234")
                                     .Tensor("lm_head.weight", {1}, 0, "1234"))
                              .status()
                              .message()),
              HasSubstr("lm_head.weight"));
}

TEST(DemoModelTest, IsReadWhole) {
  const char* variable = std::getenv("ASSAY_DEMO_MODEL");
  const char* home = std::getenv("HOME");
  const std::string path =
      variable != nullptr ? variable
                          : absl::StrCat(home == nullptr ? "" : home,
                                         "/.cache/assay/models/SmolLM2-135M-Instruct.Q4_1.gguf");
  if (!fs::exists(path))
    GTEST_SKIP() << "the demo model is not at " << path << ": run deploy/setup";
  auto checkpoint = Checkpoint::Open(path);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  EXPECT_EQ((*checkpoint)->tensors().size(), 272u);
  EXPECT_EQ((*checkpoint)->StoredType(), "Q4_1");
  const json& config = (*checkpoint)->config();
  EXPECT_EQ(config["num_hidden_layers"], 30);
  EXPECT_EQ(config["hidden_size"], 576);
  EXPECT_EQ(config["num_attention_heads"], 9);
  EXPECT_EQ(config["num_key_value_heads"], 3);
  EXPECT_EQ(config["head_dim"], 64);
  EXPECT_EQ(config["vocab_size"], 49152);
  EXPECT_EQ(config["tie_word_embeddings"], true);
  int64_t parameters = 0;
  for (const StoredTensor& tensor : (*checkpoint)->tensors()) {
    EXPECT_TRUE(absl::StartsWith(tensor.name, "model.")) << tensor.name;
    const std::vector<float> values = AllValues(**checkpoint, tensor);
    parameters += static_cast<int64_t>(values.size());
    for (float value : values) ASSERT_LT(std::abs(value), 100.0f) << tensor.name;
  }
  EXPECT_EQ(parameters, 134'515'008);
}

}  // namespace
}  // namespace assay
