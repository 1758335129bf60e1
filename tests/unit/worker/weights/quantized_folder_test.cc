// What is wrong with quantized folders is named; and formats' values by hand. Whole models are in
// tests/unit/worker/model/quantized_test.cc.
#include "worker/weights/quantized_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/file.h"
#include "tests/support/checkpoint_builder.h"
#include "worker/weights/checkpoint.h"
#include "worker/weights/quantization_config.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kLayer[] = "model.layers.1.mlp.down_proj";

std::string Content(const std::string& path) {
  auto content = ReadFile(path);
  if (content.ok() && content->size() >= sizeof(uint64_t)) return *std::move(content);
  ADD_FAILURE() << path << ": " << content.status();
  return std::string(sizeof(uint64_t), '\0');
}

// A copy of a golden folder that is made wrong.
class QuantizedFolderTest : public testing::Test {
 protected:
  void Use(const std::string& variant) {
    if (!folder_.empty()) fs::remove_all(folder_);
    std::string pattern = testing::TempDir() + "/quantized_folder_test.XXXXXX";
    folder_ = fs::canonical(mkdtemp(pattern.data())).string();
    fs::copy("tests/golden/quantized/" + variant, folder_, fs::copy_options::recursive);
  }
  ~QuantizedFolderTest() override {
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  // Changes a JSON file.
  void Edit(const std::string& name, const std::function<void(json*)>& change) const {
    json object = json::parse(Content(folder_ + "/" + name));
    change(&object);
    ASSERT_TRUE(WriteFile(folder_ + "/" + name, object.dump()).ok());
  }
  void EditQuantization(const std::function<void(json*)>& change) const {
    Edit("config.json", [&](json* config) { change(&(*config)["quantization_config"]); });
  }
  void Set(const std::string& field, const json& value) const {
    EditQuantization([&](json* object) { (*object)[field] = value; });
  }
  // Changes the header of the weights and, given its bytes, a tensor's data.
  void EditHeader(const std::function<void(json*)>& change) const {
    const std::string path = folder_ + "/model.safetensors";
    const std::string bytes = Content(path);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    json header = json::parse(bytes.substr(8, length));
    change(&header);
    ASSERT_TRUE(WriteFile(path, RawSafetensors(header.dump(), bytes.substr(8 + length))).ok());
  }
  void Rename(const std::string& from, const std::string& to) const {
    EditHeader([&](json* header) {
      (*header)[to] = (*header)[from];
      header->erase(from);
    });
  }
  void Reshape(const std::string& tensor, const json& shape) const {
    EditHeader([&](json* header) { (*header)[tensor]["shape"] = shape; });
  }
  void WriteInt32(const std::string& tensor, int64_t index, int32_t value) const {
    const std::string path = folder_ + "/model.safetensors";
    std::string bytes = Content(path);
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof(length));
    const json header = json::parse(bytes.substr(8, length));
    const uint64_t begin = header[tensor]["data_offsets"][0].get<uint64_t>();
    std::memcpy(bytes.data() + 8 + length + begin + static_cast<uint64_t>(index) * 4, &value,
                sizeof(value));
    ASSERT_TRUE(WriteFile(path, bytes).ok());
  }

  // The message of the refusal; "" where the folder is read.
  std::string Refusal() const {
    const auto checkpoint = Checkpoint::Open(folder_);
    return checkpoint.ok() ? "" : std::string(checkpoint.status().message());
  }

  std::string folder_;
};

std::string Part(absl::string_view suffix) { return absl::StrCat(kLayer, suffix); }

TEST_F(QuantizedFolderTest, TheGoldenFoldersAreRead) {
  for (const char* variant :
       {"gptq_groups", "awq", "bitsandbytes_int8", "bitsandbytes_nf4_nested"}) {
    Use(variant);
    EXPECT_EQ(Refusal(), "") << variant;
  }
}

TEST_F(QuantizedFolderTest, GptqsSettingsAreNamed) {
  Use("gptq_groups");
  for (const json& bits : {json(5), json(0), json("4"), json(4.0), json(uint64_t{1} << 40)}) {
    Set("bits", bits);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr("config.json"), HasSubstr("\"bits\""))) << bits;
  }
  Set("bits", 4);
  for (const json& size : {json(0), json(-2), json(true)}) {
    Set("group_size", size);
    EXPECT_THAT(Refusal(), HasSubstr("\"group_size\"")) << size;
  }
  Set("group_size", 32);
  Set("checkpoint_format", "marlin");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("checkpoint_format"), HasSubstr("marlin")));
  Set("checkpoint_format", nullptr);
  Set("dynamic", {{"-:lm_head", json::object()}});
  EXPECT_EQ(Refusal(), "");
  Set("dynamic", {{"+:.*down.*", {{"bits", 8}}}});
  EXPECT_THAT(Refusal(), HasSubstr("dynamic"));
}

TEST_F(QuantizedFolderTest, OtherMethodsAreRefusedByName) {
  Use("gptq_groups");
  for (const char* method : {"hqq", "fp8", "compressed-tensors", "exl2", "mxfp4", "aqlm", "eetq"}) {
    Set("quant_method", method);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr(method), HasSubstr("gptq, awq"), HasSubstr("GGUF")));
  }
  EditQuantization([](json* object) { object->erase("quant_method"); });
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("quant_method"), HasSubstr("missing")));
  Edit("config.json", [](json* config) { (*config)["quantization_config"] = 7; });
  EXPECT_THAT(Refusal(), HasSubstr("not an object"));
  Edit("config.json", [](json* config) { config->erase("quantization_config"); });
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("qweight"), HasSubstr("quantization_config")));
}

TEST_F(QuantizedFolderTest, GptqsMissingAndMisshapenPartsAreNamed) {
  for (const char* suffix : {".qzeros", ".scales"}) {
    Use("gptq_groups");
    Rename(Part(suffix), "unknown");
    EXPECT_THAT(Refusal(), AllOf(HasSubstr("lacks"), HasSubstr(Part(suffix))));
  }
  Use("gptq_groups");  // [12, 64] words, 3 groups
  Reshape(Part(".qweight"), {24, 32});
  EXPECT_THAT(Refusal(), HasSubstr(kLayer));
  Use("gptq_groups");
  Reshape(Part(".qzeros"), {4, 6});
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr(Part(".qzeros")), HasSubstr("[4, 6]"), HasSubstr("[3, 8]")));
  Use("gptq_groups");
  Reshape(Part(".scales"), {64, 3});
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(Part(".scales")), HasSubstr("[3, 64]")));
  Use("gptq_groups");
  Reshape(Part(".g_idx"), {2, 48});
  EXPECT_THAT(Refusal(), HasSubstr(Part(".g_idx")));
  Use("gptq_groups");
  Set("group_size", 16);
  EXPECT_THAT(Refusal(), HasSubstr("[6, "));
  Use("gptq_groups");
  Set("bits", 8);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("8 bits"), HasSubstr("config.json")));
  Use("gptq_groups");
  Rename("model.norm.weight", Part(".weight"));
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(Part(".weight")), HasSubstr("means the same")));
}

TEST_F(QuantizedFolderTest, AGroupThatIsNotThereIsNamed) {
  for (const int32_t group : {3, -1, 1 << 30}) {
    Use("gptq_groups");
    WriteInt32(Part(".g_idx"), 95, group);
    EXPECT_THAT(Refusal(), AllOf(HasSubstr(Part(".g_idx")), HasSubstr("input 95"),
                                 HasSubstr(absl::StrCat("group ", group)), HasSubstr("3")));
  }
}

TEST_F(QuantizedFolderTest, AwqsSettingsAndPartsAreNamed) {
  const std::string layer = "model.layers.0.self_attn.o_proj";
  Use("awq");
  Set("bits", 3);
  EXPECT_THAT(Refusal(), HasSubstr("\"bits\""));
  Set("bits", 4);
  Set("version", "gemv");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("\"version\""), HasSubstr("gemv")));
  Set("version", "GEMM");
  EXPECT_EQ(Refusal(), "");
  Set("zero_point", false);
  EXPECT_THAT(Refusal(), HasSubstr("zero_point"));
  Set("zero_point", true);
  Set("group_size", 48);
  EXPECT_THAT(Refusal(), HasSubstr("groups of 48"));
  Set("group_size", 32);
  Reshape(layer + ".qzeros", {4, 4});
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(layer + ".qzeros"), HasSubstr("[2, 8]")));
  Use("awq");
  Rename(layer + ".scales", "unknown");
  EXPECT_THAT(Refusal(), HasSubstr(layer + ".scales"));
}

TEST_F(QuantizedFolderTest, BitsandbytesSettingsAndPartsAreNamed) {
  Use("bitsandbytes_int8");
  Set("load_in_4bit", true);
  EXPECT_THAT(Refusal(), HasSubstr("load_in_8bit"));
  Set("load_in_4bit", false);
  Set("llm_int8_threshold", -1);
  EXPECT_THAT(Refusal(), HasSubstr("llm_int8_threshold"));
  Set("llm_int8_threshold", 6);
  Rename(Part(".SCB"), "unknown");
  EXPECT_THAT(Refusal(), HasSubstr(Part(".SCB")));
  Use("bitsandbytes_int8");
  Reshape(Part(".SCB"), {8, 8});
  EXPECT_THAT(Refusal(), HasSubstr("[64]"));
  Use("bitsandbytes_int8");  // one without quantized layers
  Set("load_in_8bit", false);
  Set("load_in_4bit", true);
  EXPECT_THAT(Refusal(), HasSubstr("nf4"));

  Use("bitsandbytes_nf4_nested");
  Rename(Part(".weight.nested_absmax"), "unknown");
  EXPECT_THAT(Refusal(), HasSubstr(Part(".weight.nested_absmax")));
  Use("bitsandbytes_nf4_nested");
  Rename(Part(".weight.quant_map"), "unknown");
  EXPECT_THAT(Refusal(), HasSubstr(Part(".weight.quant_map")));
  Use("bitsandbytes_nf4_nested");  // its text begins {"quant
  WriteInt32(Part(".weight.quant_state.bitsandbytes__nf4"), 0, 0x20202020);
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("quant_state"), HasSubstr("JSON")));
  Use("bitsandbytes_nf4_nested");
  Rename(Part(".weight.quant_state.bitsandbytes__nf4"), "unknown");
  EXPECT_THAT(Refusal(), AllOf(HasSubstr(Part(".weight")), HasSubstr("uint8")));
}

// The old folders' own file decides as config.json does, and belongs to the model's digest.
TEST_F(QuantizedFolderTest, TheOldFoldersFileIsPartOfTheModel) {
  Use("gptq_old_folder");
  const auto checkpoint = Checkpoint::Open(folder_);
  ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
  const std::string digest = *(*checkpoint)->Digest();
  Edit("quantize_config.json", [](json* object) { (*object)["damp_percent"] = 0.01; });
  EXPECT_NE(*(*Checkpoint::Open(folder_))->Digest(), digest);
  Edit("quantize_config.json", [](json* object) { (*object)["bits"] = 6; });
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("quantize_config.json"), HasSubstr("\"bits\"")));
}

TEST(QuantizationConfigTest, ReadsWhatLibrariesWrite) {
  const auto parse = [](const json& object, absl::string_view otherwise = "") {
    auto config = ParseQuantizationConfig(object, "x.json", otherwise);
    EXPECT_TRUE(config.ok()) << config.status();
    return *std::move(config);
  };
  const QuantizationConfig gptq = parse({{"bits", 4},
                                         {"group_size", 128},
                                         {"damp_percent", 0.1},
                                         {"desc_act", true},
                                         {"model_file_base_name", "model"}},
                                        "gptq");
  EXPECT_EQ(gptq.method, QuantizationMethod::kGptq);
  EXPECT_EQ(gptq.group_size, 128);
  EXPECT_TRUE(gptq.zeros_less_one);
  EXPECT_FALSE(parse({{"quant_method", "gptq"}, {"bits", 8}, {"checkpoint_format", "gptq_v2"}})
                   .zeros_less_one);
  EXPECT_EQ(parse({{"q_group_size", 64}, {"w_bit", 4}, {"version", "GEMM"}}, "awq").group_size, 64);
  EXPECT_EQ(parse({{"load_in_8bit", true}}).method, QuantizationMethod::kBitsAndBytesInt8);
  EXPECT_EQ(parse({{"load_in_8bit", false}, {"load_in_4bit", true}}).method,
            QuantizationMethod::kBitsAndBytes4Bits);
}

TEST(QuantizationConfigTest, ThresholdOfLlmInt8) {
  EXPECT_EQ(LlmInt8Threshold(json::object()), 6.0f);
  EXPECT_EQ(LlmInt8Threshold({{"quantization_config", {{"llm_int8_threshold", 4.5}}}}), 4.5f);
  EXPECT_EQ(LlmInt8Threshold({{"quantization_config", {{"llm_int8_threshold", nullptr}}}}), 6.0f);
  EXPECT_FALSE(IsInt8Folder({{"quantization_config", {{"load_in_8bit", false}}}}));
  EXPECT_TRUE(IsInt8Folder({{"quantization_config", {{"load_in_8bit", true}}}}));
}

}  // namespace
}  // namespace assay
