// What configs of ChatGLM-6B, MOSS and RWKV-4 ask for that is not there: refused by the field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "common/base/file.h"
#include "worker/model/model_family.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

struct Case {
  const char* family;
  json change;
  const char* field;
  const char* said;
};

TEST(RefusedConfigsTest, TheFieldIsNamed) {
  const Case cases[] = {
      {"chatglm_6b", {{"position_encoding_2d", false}}, "position_encoding_2d", "false"},
      {"chatglm_6b", {{"quantization_bit", 4}}, "quantization_bit", "is 4"},
      {"chatglm_6b", {{"pre_seq_len", 128}}, "pre_seq_len", "P-tuning"},
      {"chatglm_6b", {{"num_attention_heads", 10}}, "num_attention_heads", "four equal parts"},
      {"chatglm_6b", {{"bos_token_id", 303}}, "bos_token_id", "outside"},
      {"chatglm_6b", {{"bos_token_id", nullptr}}, "bos_token_id", ""},
      {"chatglm_6b_first", {{"bos_token_id", 2}}, "gmask_token_id", "no token"},
      {"moss", {{"wbits", 4}}, "wbits", "is 4"},
      {"moss", {{"n_head", 2}}, "n_head", "4 parts"},
      {"rwkv", {{"attention_hidden_size", 0}}, "attention_hidden_size", "outside"},
      {"rwkv", {{"context_length", -1}}, "context_length", "outside"},
      {"rwkv", {{"layer_norm_epsilon", 0}}, "layer_norm_epsilon", ""},
      {"rwkv", {{"rescale_every", "six"}}, "rescale_every", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.family) + " " + c.change.dump());
    std::string pattern = testing::TempDir() + "/refused_configs_test.XXXXXX";
    const std::string folder = fs::canonical(mkdtemp(pattern.data())).string();
    fs::copy(std::string("tests/golden/families/") + c.family, folder);
    json config = json::parse(*ReadFile(folder + "/config.json"));
    config.update(c.change);
    ASSERT_TRUE(WriteFile(folder + "/config.json", config.dump()).ok());
    const auto checkpoint = Checkpoint::Open(folder);
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    const absl::Status status = DescribeModel(**checkpoint).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(c.field), HasSubstr(c.said)));
    fs::remove_all(folder);
  }
}

}  // namespace
}  // namespace assay
