#include "worker/model/loaded_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "tests/support/checkpoint_builder.h"
#include "tests/unit/worker/model/model_runner.h"
#include "worker/weights/checkpoint.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class LoadedModelTest : public testing::Test {
 protected:
  LoadedModelTest() {
    std::string pattern = testing::TempDir() + "/loaded_model_test.XXXXXX";
    folder_ = fs::canonical(mkdtemp(pattern.data())).string();
    EXPECT_TRUE(WriteTinyLlama(folder_, options_).ok());
  }
  ~LoadedModelTest() override { fs::remove_all(folder_); }

  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }
  void Write(absl::string_view name, absl::string_view content) const {
    ASSERT_TRUE(WriteFile(Path(name), content).ok());
  }
  std::string Read(absl::string_view name) const {
    auto content = ReadFile(Path(name));
    EXPECT_TRUE(content.ok()) << content.status();
    return *std::move(content);
  }
  void EditConfig(const json& fields) const {
    json config = json::parse(Read("config.json"));
    config.merge_patch(fields);
    Write("config.json", config.dump());
  }
  void EditTensors(const std::function<void(std::vector<TestTensor>&)>& edit) const {
    std::vector<TestTensor> tensors = TinyLlamaTensors(options_);
    edit(tensors);
    Write("model.safetensors", SafetensorsBytes(tensors));
  }

  ModelSpec Inspected() const {
    auto spec = InspectModel("tiny", folder_);
    EXPECT_TRUE(spec.ok()) << spec.status();
    return spec.ok() ? *spec : ModelSpec{};
  }
  // Why the model is refused; both ways in must say the same.
  std::string Refusal() const {
    const auto spec = InspectModel("tiny", folder_);
    if (spec.ok()) return "";
    ModelSpec as_registered;
    as_registered.path = folder_;
    EXPECT_EQ(LoadModel(as_registered, Precision::kFloat32).status(), spec.status());
    return std::string(spec.status().message());
  }

  TinyLlamaOptions options_;
  std::string folder_;
};

TEST_F(LoadedModelTest, InspectionTellsWhatIsInTheFiles) {
  const ModelSpec spec = Inspected();
  EXPECT_EQ(spec.name, "tiny");
  EXPECT_EQ(spec.path, folder_);
  EXPECT_EQ(spec.format, "huggingface");
  EXPECT_EQ(spec.architecture, "llama");
  EXPECT_EQ(spec.weights_sha256.size(), 64u);
  EXPECT_EQ(spec.tokenizer_sha256.size(), 64u);
  EXPECT_NE(spec.weights_sha256, spec.tokenizer_sha256);
  // The tied embedding and the last norm; in each layer queries and outputs, keys and values, three
  // feed-forward matrices and two norms.
  EXPECT_EQ(spec.parameters,
            272 * 64 + 64 + 2 * (2 * 64 * 64 + 2 * 32 * 64 + 3 * 96 * 64 + 2 * 64));
  EXPECT_EQ(spec.context_length, 512);
  EXPECT_EQ(spec.vocabulary_size, 272);
  EXPECT_EQ(spec.stored_type, "float32");
  EXPECT_EQ(spec.characters_per_token, 1.0);  // a token a byte
}

TEST_F(LoadedModelTest, AnUntiedHeadAndBiasesCount) {
  const int64_t before = Inspected().parameters;
  options_.tie = false;
  options_.attention_bias = true;
  options_.mlp_bias = true;
  ASSERT_TRUE(WriteTinyLlama(folder_, options_).ok());
  EXPECT_EQ(Inspected().parameters, before + 272 * 64 + 2 * (2 * 64 + 2 * 32) + 2 * (2 * 96 + 64));
}

TEST_F(LoadedModelTest, GenerationSettingsAreToldAndNotTakenFor) {
  const std::string plain = Inspected().weights_sha256;
  EXPECT_EQ(Inspected().generation_settings, "");
  ASSERT_TRUE(WriteFile(folder_ + "/generation_config.json", R"({"do_sample": true,
      "temperature": 0.6, "top_k": null, "eos_token_id": [3], "transformers_version": "4.31"})")
                  .ok());
  const ModelSpec spec = Inspected();
  EXPECT_EQ(spec.generation_settings, R"({"do_sample":true,"temperature":0.6})");
  EXPECT_NE(spec.weights_sha256, plain);
  const auto model = LoadModel(spec, Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_THAT(model->stop_token_ids, ElementsAre(3));
}

TEST_F(LoadedModelTest, ASnapshotOfAnotherMachineIsFoundInTheCacheOfThisOne) {
  const fs::path cache = folder_ + "-hub";
  const fs::path snapshot = cache / "models--a--b/snapshots/c0ffee";
  fs::create_directories(snapshot.parent_path());
  fs::create_directory_symlink(folder_, snapshot);
  ModelSpec spec = Inspected();
  spec.path = "/nowhere/hub/models--a--b/snapshots/c0ffee";
  setenv("HF_HUB_CACHE", cache.c_str(), 1);
  EXPECT_TRUE(LoadModel(spec, Precision::kFloat32).ok());
  spec.path = "/nowhere/hub/models--a--b/snapshots/decaf";
  EXPECT_FALSE(LoadModel(spec, Precision::kFloat32).ok());
  unsetenv("HF_HUB_CACHE");
  fs::remove_all(cache);
}

TEST_F(LoadedModelTest, ThePathBecomesAbsolute) {
  const std::string relative = fs::relative(folder_, fs::current_path()).string();
  ASSERT_FALSE(fs::path(relative).is_absolute());
  const auto spec = InspectModel("", relative);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->path, folder_);
  EXPECT_EQ(spec->name, "");
}

TEST_F(LoadedModelTest, ALoadedModelRuns) {
  for (const Precision precision :
       {Precision::kFloat32, Precision::kBFloat16, Precision::kFloat16}) {
    const ModelSpec spec = Inspected();
    auto model = LoadModel(spec, precision);
    ASSERT_TRUE(model.ok()) << model.status();
    EXPECT_EQ(model->spec.weights_sha256, spec.weights_sha256);
    EXPECT_EQ(model->precision, precision);
    EXPECT_EQ(model->language_model->kv_layout().precision, precision);
    EXPECT_THAT(model->stop_token_ids, ElementsAre(kTinyEosId));
    const auto tokens = model->tokenizer->Encode("Hello", false);
    ASSERT_TRUE(tokens.ok()) << tokens.status();
    ASSERT_THAT(*tokens, ElementsAre('H', 'e', 'l', 'l', 'o'));

    const auto alone = LoadModelFrom(folder_, precision);
    ASSERT_NE(alone, nullptr);
    EXPECT_EQ(RunSequences(*model->language_model, {*tokens}, 5),
              RunSequences(*alone, {*tokens}, 5));
  }
}

TEST_F(LoadedModelTest, StopTokens) {
  EditConfig({{"eos_token_id", {257, 0}}});
  EXPECT_THAT(LoadModel(Inspected(), Precision::kFloat32)->stop_token_ids, ElementsAre(257, 0));
  EditConfig({{"eos_token_id", nullptr}});
  EXPECT_THAT(LoadModel(Inspected(), Precision::kFloat32)->stop_token_ids, IsEmpty());
  EditConfig({{"eos_token_id", 272}});
  EXPECT_THAT(Refusal(), HasSubstr("field \"eos_token_id\" names 272, beyond the vocabulary"));
  EditConfig({{"eos_token_id", "</s>"}});
  EXPECT_THAT(Refusal(),
              HasSubstr("field \"eos_token_id\" is not a whole number or a list of them"));
}

TEST_F(LoadedModelTest, ChangedFilesAreNotTheRegisteredModel) {
  const ModelSpec spec = Inspected();
  const auto expect_refused = [&](const std::string& file, const std::string& content) {
    SCOPED_TRACE(file);
    const std::string before = Read(file);
    ASSERT_NE(content, before);
    Write(file, content);
    const absl::Status status = LoadModel(spec, Precision::kFloat32).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(folder_), HasSubstr("registered as tiny")));
    Write(file, before);
    EXPECT_TRUE(LoadModel(spec, Precision::kFloat32).ok());
  };
  std::string weights = Read("model.safetensors");
  weights[weights.size() - 2] ^= 1;  // of the last value
  expect_refused("model.safetensors", weights);

  json config = json::parse(Read("config.json"));
  config["rms_norm_eps"] = 1e-4;
  expect_refused("config.json", config.dump(2));

  json tokenizer = json::parse(Read("tokenizer.json"));
  tokenizer["pre_tokenizer"]["use_regex"] = true;
  expect_refused("tokenizer.json", tokenizer.dump(2));
}

TEST_F(LoadedModelTest, TheFormOfTheTokenizersFileDoesNotMatter) {
  const ModelSpec spec = Inspected();
  Write("tokenizer.json", json::parse(Read("tokenizer.json")).dump());  // on one line
  EXPECT_TRUE(LoadModel(spec, Precision::kFloat32).ok());
}

TEST_F(LoadedModelTest, TheDigestIsOfTheContentNotOfThePlace) {
  const ModelSpec spec = Inspected();
  const std::string other = Path("elsewhere");
  ASSERT_TRUE(WriteTinyLlama(other, options_).ok());
  const auto moved = InspectModel("tiny", other);
  ASSERT_TRUE(moved.ok()) << moved.status();
  EXPECT_EQ(moved->weights_sha256, spec.weights_sha256);
  EXPECT_EQ(moved->tokenizer_sha256, spec.tokenizer_sha256);
}

TEST_F(LoadedModelTest, WhatIsNotThere) {
  const absl::Status status = InspectModel("x", Path("no/such/model")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(Path("no/such/model")));
  fs::remove(Path("tokenizer.json"));
  EXPECT_THAT(Refusal(), StartsWith(folder_ + ": no tokenizer is there"));
  fs::remove(Path("model.safetensors"));
  EXPECT_THAT(Refusal(), StartsWith(folder_ + " has no *.safetensors file"));
  fs::remove(Path("config.json"));
  EXPECT_THAT(Refusal(), StartsWith(folder_ + " has no config.json"));
}

TEST_F(LoadedModelTest, TruncatedWeights) {
  const std::string whole = Read("model.safetensors");
  // The last byte, half of the data, most of the header, most of the header's length.
  for (const size_t size : {whole.size() - 1, whole.size() / 2, size_t{100}, size_t{3}}) {
    Write("model.safetensors", whole.substr(0, size));
    EXPECT_THAT(Refusal(), StartsWith(Path("model.safetensors") + ": ")) << size;
  }
}

TEST_F(LoadedModelTest, EveryTensorIsNeeded) {
  options_.tie = false;
  ASSERT_TRUE(WriteTinyLlama(folder_, options_).ok());
  ASSERT_EQ(Refusal(), "");
  const std::vector<TestTensor> all = TinyLlamaTensors(options_);
  ASSERT_EQ(all.size(), 1u + 2 * 9 + 1 + 1);
  for (const TestTensor& missing : all) {
    EditTensors([&](std::vector<TestTensor>& tensors) {
      std::erase_if(tensors, [&](const TestTensor& t) { return t.name == missing.name; });
    });
    EXPECT_EQ(Refusal(), absl::StrCat(folder_, " has no tensor \"", missing.name, "\""));
  }
}

TEST_F(LoadedModelTest, EveryTensorHasItsShape) {
  options_.tie = false;
  options_.attention_bias = true;
  options_.mlp_bias = true;
  ASSERT_TRUE(WriteTinyLlama(folder_, options_).ok());
  ASSERT_EQ(Refusal(), "");
  const size_t count = TinyLlamaTensors(options_).size();
  for (size_t i = 0; i < count; ++i) {
    std::string name;
    // One row less, and another number of dimensions.
    for (const bool flat : {false, true}) {
      EditTensors([&](std::vector<TestTensor>& tensors) {
        TestTensor& tensor = tensors[i];
        name = tensor.name;
        if (flat) {
          tensor.shape = {1, static_cast<int64_t>(tensor.values.size())};
        } else {
          tensor.values.resize(tensor.values.size() / static_cast<size_t>(tensor.shape[0]) *
                               static_cast<size_t>(tensor.shape[0] - 1));
          --tensor.shape[0];
        }
      });
      EXPECT_THAT(Refusal(), AllOf(StartsWith(Path("model.safetensors") + ": tensor " + name +
                                              " has the shape ["),
                                   HasSubstr("by the config it should be [")));
    }
  }
}

TEST_F(LoadedModelTest, TheTokenizerMustFitTheEmbedding) {
  options_.vocab = 258;  // the tokenizer has one more
  ASSERT_TRUE(WriteTinyLlama(folder_, options_).ok());
  EXPECT_THAT(Refusal(), AllOf(StartsWith(folder_), HasSubstr("ids up to 258"),
                               HasSubstr("only 258 rows (vocab_size)")));
  options_.vocab = 259;
  ASSERT_TRUE(WriteTinyLlama(folder_, options_).ok());
  EXPECT_EQ(Refusal(), "");
}

TEST_F(LoadedModelTest, OtherArchitectures) {
  EditConfig({{"model_type", "mamba"}});
  EXPECT_THAT(
      Refusal(),
      AllOf(StartsWith(folder_ + ": the architecture \"mamba\" is not supported; there are: "),
            HasSubstr("gpt_neox, gptj, llama, mistral")));
  EXPECT_EQ(InspectModel("x", folder_).status().code(), absl::StatusCode::kUnimplemented);
  EditConfig({{"model_type", nullptr}});
  EXPECT_THAT(Refusal(), AllOf(StartsWith(Path("config.json")), HasSubstr("model_type")));
}

TEST_F(LoadedModelTest, ErrorsOfTheConfigArePassedOn) {
  EditConfig({{"hidden_size", -64}});
  EXPECT_THAT(Refusal(), StartsWith(Path("config.json") + ": field \"hidden_size\" is -64"));
}

}  // namespace
}  // namespace assay
