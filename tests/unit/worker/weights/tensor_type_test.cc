#include "worker/weights/tensor_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "common/base/file.h"

namespace assay {
namespace {

struct Golden {
  const char* name;  // gguf's
  TensorType type;
};

class GoldenBlocksTest : public testing::TestWithParam<Golden> {};

// Reference: gguf-py, see tests/golden/make_quantization_golden.py.
TEST_P(GoldenBlocksTest, HaveTheReferencesBits) {
  auto text = ReadFile("tests/golden/quantization.json");
  ASSERT_TRUE(text.ok()) << text.status();
  const nlohmann::json golden = nlohmann::json::parse(*text).at(GetParam().name);
  const std::string blocks = absl::HexStringToBytes(golden.at("blocks").get<std::string>());
  const std::string expected = absl::HexStringToBytes(golden.at("float32").get<std::string>());

  const TensorTypeInfo& info = Info(GetParam().type);
  const int64_t values = static_cast<int64_t>(expected.size() / sizeof(float));
  ASSERT_GE(values, 192);
  ASSERT_EQ(values / info.block_values * info.block_bytes, static_cast<int64_t>(blocks.size()));
  // At an odd address: tensors in files need not be aligned.
  const std::string shifted = "x" + blocks;
  std::vector<float> got(static_cast<size_t>(values));
  ToFloat32(GetParam().type, shifted.data() + 1, values, got.data());
  for (size_t i = 0; i < got.size(); ++i) {
    float want;
    std::memcpy(&want, expected.data() + i * sizeof(float), sizeof(float));
    ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(want))
        << "value " << i << ": " << got[i] << ", the reference has " << want;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Types, GoldenBlocksTest,
    testing::Values(Golden{"F16", TensorType::kF16}, Golden{"BF16", TensorType::kBF16},
                    Golden{"Q8_0", TensorType::kQ8_0}, Golden{"Q4_0", TensorType::kQ4_0},
                    Golden{"Q4_1", TensorType::kQ4_1}, Golden{"Q5_0", TensorType::kQ5_0},
                    Golden{"Q5_1", TensorType::kQ5_1}, Golden{"Q2_K", TensorType::kQ2_K},
                    Golden{"Q3_K", TensorType::kQ3_K}, Golden{"Q4_K", TensorType::kQ4_K},
                    Golden{"Q5_K", TensorType::kQ5_K}, Golden{"Q6_K", TensorType::kQ6_K},
                    Golden{"Q8_K", TensorType::kQ8_K}),
    [](const auto& info) { return info.param.name; });

// sign × mantissa × 2^exponent by the definition of IEEE 754 binary16, for every number there is.
TEST(ToFloat32Test, ConvertsEveryFloat16) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const uint16_t half = static_cast<uint16_t>(bits);
    float got;
    ToFloat32(TensorType::kF16, &half, 1, &got);
    const int exponent = static_cast<int>(bits >> 10 & 31);
    const int mantissa = static_cast<int>(bits & 1023);
    if (exponent == 31 && mantissa != 0) {
      ASSERT_TRUE(std::isnan(got)) << bits;
      continue;
    }
    float want = exponent == 31  ? std::numeric_limits<float>::infinity()
                 : exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -24)
                                 : std::ldexp(static_cast<float>(1024 + mantissa), exponent - 25);
    if ((bits & 0x8000) != 0) want = -want;
    ASSERT_EQ(std::bit_cast<uint32_t>(got), std::bit_cast<uint32_t>(want)) << bits;
  }
}

TEST(ToFloat32Test, CopiesFloat32AndWritesNoMoreThanItsValues) {
  const std::vector<float> in = {1.5f, -0.0f, 3e38f};
  std::vector<float> out = {9, 9, 9, 9};
  ToFloat32(TensorType::kF32, in.data(), 3, out.data());
  EXPECT_THAT(out, testing::ElementsAre(1.5f, -0.0f, 3e38f, 9.0f));
  ToFloat32(TensorType::kF32, nullptr, 0, nullptr);
}

TEST(InfoTest, NamesAreForPeople) {
  EXPECT_EQ(Info(TensorType::kBF16).name, "bfloat16");
  EXPECT_EQ(Info(TensorType::kQ4_1).name, "Q4_1");
  EXPECT_EQ(Info(TensorType::kQ8_K).block_bytes, 292);
}

}  // namespace
}  // namespace assay
