#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "tests/support/checkpoint_builder.h"
#include "tests/support/gguf_builder.h"
#include "worker/model/llama.h"
#include "worker/weights/checkpoint.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::StartsWith;
using Type = RotaryScaling::Type;

class LlamaConfigTest : public testing::Test {
 protected:
  LlamaConfigTest() {
    std::string pattern = testing::TempDir() + "/llama_config_test.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    // The config is read apart from the tensors, of which one is enough to open a folder.
    Write("model.safetensors", SafetensorsBytes({{"model.norm.weight", {1}, {1.0f}}}));
  }
  ~LlamaConfigTest() override { fs::remove_all(folder_); }

  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }
  void Write(absl::string_view name, absl::string_view content) const {
    ASSERT_TRUE(WriteFile(Path(name), content).ok());
  }

  absl::StatusOr<LlamaConfig> Parse(const json& config) const {
    Write("config.json", config.dump());
    return ParseAt(folder_);
  }
  absl::StatusOr<LlamaConfig> ParseAt(const std::string& path) const {
    auto checkpoint = Checkpoint::Open(path);
    if (!checkpoint.ok()) return checkpoint.status();
    return LlamaConfig::Parse(**checkpoint);
  }

  // A usable config with these fields set; null removes one.
  json With(const json& fields) const {
    json config = TinyLlamaConfig({});
    config.merge_patch(fields);
    return config;
  }
  RotaryScaling Scaling(const json& fields) const {
    auto config = Parse(With(fields));
    EXPECT_TRUE(config.ok()) << config.status();
    return config.ok() ? config->rotary.scaling : RotaryScaling{};
  }

  // What is wrong with the config: the message behind the file's name.
  std::string Refusal(const json& fields) const {
    const auto config = Parse(With(fields));
    if (config.ok()) return "";
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    const std::string message(config.status().message());
    const std::string file = Path("config.json") + ": ";
    EXPECT_THAT(message, StartsWith(file));
    return message.substr(std::min(message.size(), file.size()));
  }

  std::string folder_;
};

TEST_F(LlamaConfigTest, ReadsEveryField) {
  const auto config = Parse(With({{"vocab_size", 1000},
                                  {"hidden_size", 96},
                                  {"intermediate_size", 250},
                                  {"num_hidden_layers", 5},
                                  {"num_attention_heads", 6},
                                  {"num_key_value_heads", 3},
                                  {"head_dim", 20},
                                  {"max_position_embeddings", 4096},
                                  {"rms_norm_eps", 0.25},
                                  {"rope_theta", 500000.0},
                                  {"tie_word_embeddings", true}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->vocabulary_size, 1000);
  EXPECT_EQ(config->hidden_size, 96);
  EXPECT_EQ(config->intermediate_size, 250);
  EXPECT_EQ(config->layers, 5);
  EXPECT_EQ(config->heads, 6);
  EXPECT_EQ(config->kv_heads, 3);
  EXPECT_EQ(config->head_size, 20);
  EXPECT_EQ(config->context_length, 4096);
  EXPECT_EQ(config->norm_epsilon, 0.25f);
  EXPECT_TRUE(config->tied_embeddings);
  EXPECT_EQ(config->rotary.size, 20);
  EXPECT_EQ(config->rotary.base, 500000.0f);
  EXPECT_EQ(config->rotary.scaling.type, Type::kNone);
}

TEST_F(LlamaConfigTest, AbsentFieldsHaveTheValuesOfTransformers) {
  const auto config = Parse({{"model_type", "llama"},
                             {"vocab_size", 10},
                             {"hidden_size", 64},
                             {"intermediate_size", 12},
                             {"num_hidden_layers", 1},
                             {"num_attention_heads", 4}});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->kv_heads, 4);
  EXPECT_EQ(config->head_size, 16);
  EXPECT_EQ(config->context_length, 2048);
  EXPECT_EQ(config->norm_epsilon, 1e-6f);
  EXPECT_EQ(config->rotary.base, 10000.0f);
  EXPECT_FALSE(config->tied_embeddings);
}

TEST_F(LlamaConfigTest, NeededFields) {
  for (const char* field : {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
                            "num_attention_heads"}) {
    EXPECT_EQ(Refusal({{field, nullptr}}), absl::StrCat("field \"", field, "\" is missing"));
  }
}

TEST_F(LlamaConfigTest, SizesAreWholeNumbersWithinBounds) {
  constexpr struct {
    const char* field;
    int64_t least;
    int64_t most;
  } kSizes[] = {
      {"vocab_size", 1, 1 << 24},
      {"hidden_size", 1, 1 << 20},
      {"intermediate_size", 1, 1 << 20},
      {"num_hidden_layers", 1, 1 << 12},
      {"num_attention_heads", 1, 1 << 20},
      {"num_key_value_heads", 1, 4},
      {"head_dim", 2, 1 << 20},
      {"max_position_embeddings", 1, 1 << 28},
  };
  for (const auto& size : kSizes) {
    const std::string field = absl::StrCat("field \"", size.field, "\" ");
    for (const json& value : {json("32"), json(1.5), json(32.0), json(true), json::array({32})}) {
      EXPECT_EQ(Refusal({{size.field, value}}), field + "is not a whole number") << value;
    }
    for (const json& value : {json(size.least - 1), json(-1), json(size.most + 1),
                              json(std::numeric_limits<uint64_t>::max())}) {
      EXPECT_EQ(
          Refusal({{size.field, value}}),
          absl::StrCat(field, "is ", value.dump(), ", outside ", size.least, " to ", size.most));
    }
  }
  for (const char* field : {"vocab_size", "intermediate_size", "max_position_embeddings"}) {
    EXPECT_EQ(Refusal({{field, 1}}), "");
  }
  EXPECT_EQ(Refusal({{"vocab_size", 1 << 24}}), "");
  EXPECT_EQ(Refusal({{"max_position_embeddings", 1 << 28}}), "");
}

TEST_F(LlamaConfigTest, HeadsMustFitTogether) {
  EXPECT_EQ(Refusal({{"num_key_value_heads", 3}}),
            "field \"num_key_value_heads\" does not divide num_attention_heads");
  EXPECT_EQ(Refusal({{"hidden_size", 66}, {"head_dim", nullptr}}),
            "field \"num_attention_heads\" does not divide hidden_size, and there is no head_dim");
  EXPECT_EQ(Refusal({{"hidden_size", 66}}), "");
  EXPECT_EQ(Refusal({{"head_dim", 15}}), "field \"head_dim\" is odd");
  EXPECT_EQ(Refusal({{"hidden_size", 12}, {"head_dim", nullptr}}), "field \"head_dim\" is odd");
}

TEST_F(LlamaConfigTest, OtherFields) {
  for (const char* field : {"rms_norm_eps", "rope_theta", "partial_rotary_factor"}) {
    const std::string name = absl::StrCat("field \"", field, "\" ");
    EXPECT_EQ(Refusal({{field, "1"}}), name + "is not a number");
    EXPECT_EQ(Refusal({{field, 0}}), name + "is 0, not a positive number");
    EXPECT_EQ(Refusal({{field, -1.5}}), name + "is -1.5, not a positive number");
    EXPECT_EQ(Refusal({{field, 1e300}}), name + "is 1e+300, not a positive number");
    EXPECT_EQ(Refusal({{field, 1e-300}}), name + "is 1e-300, not a positive number");
  }
  EXPECT_EQ(Refusal({{"tie_word_embeddings", "yes"}}),
            "field \"tie_word_embeddings\" is not true or false");
  EXPECT_EQ(Refusal({{"hidden_act", 5}}), "field \"hidden_act\" is not a text");
  EXPECT_EQ(Refusal({{"hidden_act", "gelu"}}), "field \"hidden_act\" is \"gelu\"; Llama has silu");
  EXPECT_EQ(Refusal({{"hidden_act", "swish"}}), "");
}

TEST_F(LlamaConfigTest, PartOfAHeadMayBeRotated) {
  const auto config = Parse(With({{"partial_rotary_factor", 0.5}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rotary.size, 8);
  const std::string field = "field \"partial_rotary_factor\" ";
  EXPECT_EQ(Refusal({{"partial_rotary_factor", 3e38}}), field + "is above 1");
  EXPECT_EQ(Refusal({{"partial_rotary_factor", 0.1}}),
            field + "does not give an even part of head_dim");
  EXPECT_EQ(Refusal({{"partial_rotary_factor", 0.19}}),
            field + "does not give an even part of head_dim");
}

TEST_F(LlamaConfigTest, ScalingsOfRotaryPositions) {
  EXPECT_EQ(Scaling({{"rope_scaling", {{"rope_type", "default"}}}}).type, Type::kNone);

  const RotaryScaling linear = Scaling({{"rope_scaling", {{"type", "linear"}, {"factor", 2.5}}}});
  EXPECT_EQ(linear.type, Type::kLinear);
  EXPECT_EQ(linear.factor, 2.5f);

  const RotaryScaling dynamic =
      Scaling({{"rope_scaling", {{"rope_type", "dynamic"}, {"factor", 4}}}});
  EXPECT_EQ(dynamic.type, Type::kDynamic);
  EXPECT_EQ(dynamic.original_context, 512);  // max_position_embeddings

  const RotaryScaling llama3 = Scaling({{"rope_scaling",
                                         {{"rope_type", "llama3"},
                                          {"type", "linear"},  // the older key gives way
                                          {"factor", 8},
                                          {"low_freq_factor", 1},
                                          {"high_freq_factor", 3},
                                          {"original_max_position_embeddings", 128}}}});
  EXPECT_EQ(llama3.type, Type::kLlama3);
  EXPECT_EQ(llama3.factor, 8.0f);
  EXPECT_EQ(llama3.low_frequency_factor, 1.0f);
  EXPECT_EQ(llama3.high_frequency_factor, 3.0f);
  EXPECT_EQ(llama3.original_context, 128);

  const RotaryScaling yarn = Scaling({{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 4}}}});
  EXPECT_EQ(yarn.type, Type::kYarn);
  EXPECT_EQ(yarn.beta_fast, 32.0f);
  EXPECT_EQ(yarn.beta_slow, 1.0f);
  EXPECT_EQ(yarn.attention_factor, 0.0f);
  EXPECT_TRUE(yarn.truncate);
}

TEST_F(LlamaConfigTest, AttentionFactorGoesBeforeScales) {
  json yarn = {{"rope_type", "yarn"}, {"factor", 1}, {"mscale", 3}, {"mscale_all_dim", 2}};
  EXPECT_EQ(Scaling({{"rope_scaling", yarn}}).attention_factor, 1.0f);  // nothing is scaled
  yarn["attention_factor"] = 1.25;
  EXPECT_EQ(Scaling({{"rope_scaling", yarn}}).attention_factor, 1.25f);
}

TEST_F(LlamaConfigTest, NewerFilesHaveTheBaseAmongTheScalings) {
  const json parameters = {{"rope_type", "linear"}, {"factor", 2}, {"rope_theta", 777.0}};
  const auto config = Parse(With({{"rope_theta", nullptr}, {"rope_parameters", parameters}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rotary.base, 777.0f);
  EXPECT_EQ(config->rotary.scaling.type, Type::kLinear);
  EXPECT_EQ(Refusal({{"rope_parameters", {{"rope_theta", "high"}}}}),
            "rope_parameters: field \"rope_theta\" is not a number");
  EXPECT_EQ(Refusal({{"rope_parameters", {{"rope_type", "linear"}}}}),
            "rope_parameters: field \"factor\" is missing");
  EXPECT_EQ(Refusal({{"rope_parameters", 3}}), "field \"rope_parameters\" is not an object");
}

TEST_F(LlamaConfigTest, WhatIsWrongWithAScaling) {
  const auto refusal = [&](const json& fields) {
    json scaling = {
        {"rope_type", "llama3"}, {"factor", 8}, {"low_freq_factor", 1}, {"high_freq_factor", 4}};
    scaling.merge_patch(fields);
    return Refusal({{"rope_scaling", scaling}});
  };
  EXPECT_EQ(Refusal({{"rope_scaling", "linear"}}), "field \"rope_scaling\" is not an object");
  const std::string of = "rope_scaling: field ";
  EXPECT_EQ(refusal({{"rope_type", 1}}), of + "\"rope_type\" is not a text");
  EXPECT_EQ(refusal({{"rope_type", nullptr}, {"type", 1}}), of + "\"type\" is not a text");
  EXPECT_EQ(
      refusal({{"rope_type", "longrope"}}),
      of + "\"rope_type\" is \"longrope\"; there are: default, linear, dynamic, llama3, yarn");
  EXPECT_EQ(refusal({{"original_max_position_embeddings", 0}}),
            of + "\"original_max_position_embeddings\" is 0, outside 1 to 268435456");
  EXPECT_EQ(refusal({{"high_freq_factor", 1}}),
            of + "\"high_freq_factor\" is not above low_freq_factor");
  for (const char* field : {"factor", "low_freq_factor", "high_freq_factor"}) {
    EXPECT_EQ(refusal({{field, nullptr}}), absl::StrCat(of, "\"", field, "\" is missing"));
    EXPECT_EQ(refusal({{field, "8"}}), absl::StrCat(of, "\"", field, "\" is not a number"));
    EXPECT_EQ(refusal({{field, -8}}),
              absl::StrCat(of, "\"", field, "\" is -8, not a positive number"));
  }
  for (const char* field : {"beta_fast", "beta_slow", "attention_factor"}) {
    EXPECT_EQ(refusal({{"rope_type", "yarn"}, {field, "8"}}),
              absl::StrCat(of, "\"", field, "\" is not a number"));
    EXPECT_EQ(refusal({{"rope_type", "yarn"}, {field, 0}}),
              absl::StrCat(of, "\"", field, "\" is 0, not a positive number"));
  }
  for (const char* field : {"mscale", "mscale_all_dim"}) {
    json scales = {{"rope_type", "yarn"}, {"mscale", 1}, {"mscale_all_dim", 1}};
    scales[field] = true;
    EXPECT_EQ(refusal(scales), absl::StrCat(of, "\"", field, "\" is not a number"));
  }
  EXPECT_EQ(refusal({{"rope_type", "yarn"}, {"truncate", 1}}),
            of + "\"truncate\" is not true or false");
}

class LlamaGgufConfigTest : public LlamaConfigTest {
 protected:
  // A file with heads of 8 and these factors for their 4 frequencies.
  absl::StatusOr<LlamaConfig> ParseGguf(const std::vector<float>& factors) const {
    GgufBuilder builder;
    builder.String("general.architecture", "llama")
        .Uint32("llama.block_count", 1)
        .Uint32("llama.context_length", 64)
        .Uint32("llama.embedding_length", 16)
        .Uint32("llama.feed_forward_length", 16)
        .Uint32("llama.attention.head_count", 2)
        .Float32("llama.attention.layer_norm_rms_epsilon", 1e-5f)
        .Uint32("llama.vocab_size", 4)
        .Tensor("rope_freqs.weight", {static_cast<int64_t>(factors.size())}, 0,
                EncodeValues(factors, TensorType::kF32));
    Write("model.gguf", builder.Bytes());
    return ParseAt(Path("model.gguf"));
  }
};

TEST_F(LlamaGgufConfigTest, FactorsOfFrequencies) {
  const auto config = ParseGguf({1.0f, 2.0f, 4.0f, 8.5f});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rotary.scaling.type, Type::kFactors);
  EXPECT_THAT(config->rotary.scaling.factors, ElementsAre(1.0f, 2.0f, 4.0f, 8.5f));
}

TEST_F(LlamaGgufConfigTest, WhatIsWrongWithFactors) {
  const std::string tensor = Path("model.gguf") + ": tensor rope_freqs.weight ";
  EXPECT_EQ(ParseGguf({1.0f, 2.0f, 4.0f}).status().message(),
            tensor + "does not have the shape [4]");
  for (const float bad : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    EXPECT_EQ(ParseGguf({1.0f, bad, 4.0f, 8.0f}).status().message(),
              tensor + "holds a factor that is not positive");
  }
}

TEST_F(LlamaGgufConfigTest, ErrorsNameTheFile) {
  TinyLlamaOptions options;
  options.rope_scaling = {{"rope_type", "su"}, {"factor", 2.0}};
  ASSERT_TRUE(WriteTinyLlamaGguf(Path("model.gguf"), options).ok());
  EXPECT_THAT(std::string(ParseAt(Path("model.gguf")).status().message()),
              StartsWith(Path("model.gguf") + ": rope_scaling: field \"rope_type\" is \"su\""));
}

}  // namespace
}  // namespace assay
