// LLM.int8() products against those of bitsandbytes (tests/golden/make_llm_int8_golden.py), under
// every table of kernels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "worker/layers/cpu/kernels.h"
#include "worker/layers/linear.h"
#include "worker/layers/weight_panels.h"
#include "worker/weights/checkpoint.h"

namespace assay {
namespace {

using cpu::kPanel;

constexpr float kThreshold = 6.0f;

class LlmInt8LayerTest : public testing::Test {
 protected:
  void SetUp() override {
    auto checkpoint = Checkpoint::Open("tests/golden/llm_int8");
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
    checkpoint_ = *std::move(checkpoint);
    input_ = Read("input", &rows_, &depth_);
    weight_ = Read("layer.weight", &columns_, &depth_);
    output_ = Read("output", &rows_, &columns_);
    int64_t one = 1;
    bias_ = Read("layer.bias", &columns_, &one);
    bias_.resize(static_cast<size_t>(cpu::RoundUp(columns_, kPanel)));
  }

  std::vector<float> Read(const std::string& name, int64_t* rows, int64_t* columns) const {
    const auto tensor = checkpoint_->Find(name);
    EXPECT_TRUE(tensor.ok()) << tensor.status();
    *rows = (*tensor)->shape[0];
    if ((*tensor)->shape.size() == 2) *columns = (*tensor)->shape[1];
    std::vector<float> values(static_cast<size_t>(*rows * *columns));
    EXPECT_TRUE(checkpoint_->ReadRows(**tensor, 0, *rows, values.data()).ok());
    return values;
  }

  // Rows [first, first + count) of the golden input as the input of a product.
  std::vector<uint16_t> Encode(int64_t first, int64_t count) const {
    const int64_t padded = cpu::Padded(depth_);
    std::vector<uint16_t> bits(static_cast<size_t>((count + cpu::kSpareRows) * padded));
    for (int64_t r = 0; r < count; ++r) {
      for (int64_t k = 0; k < depth_; ++k) {
        bits[static_cast<size_t>(r * padded + k)] = cpu::ToBits16(
            Precision::kFloat16, input_[static_cast<size_t>((first + r) * depth_ + k)]);
      }
    }
    return bits;
  }

  std::unique_ptr<Checkpoint> checkpoint_;
  int64_t rows_ = 0, columns_ = 0, depth_ = 0;
  std::vector<float> input_, weight_, output_, bias_;
};

class LlmInt8Test : public LlmInt8LayerTest,
                    public testing::WithParamInterface<const cpu::Kernels*> {
 protected:
  std::vector<float> Multiply(const std::vector<uint16_t>& input, int64_t count,
                              float threshold = kThreshold) const {
    const int64_t panels = cpu::RoundUp(columns_, kPanel) / kPanel;
    const int64_t bytes = PanelBytes(Precision::kLlmInt8, depth_);
    std::vector<char> packed(static_cast<size_t>(panels * bytes));
    std::vector<float> scales(static_cast<size_t>(panels * kPanel));
    std::vector<float> values = weight_;
    values.resize(static_cast<size_t>(panels * kPanel * depth_));
    for (int64_t panel = 0; panel < panels; ++panel) {
      PackPanel(Precision::kLlmInt8, values.data() + panel * kPanel * depth_, depth_,
                packed.data() + panel * bytes, scales.data() + panel * kPanel);
    }
    std::vector<float> out(static_cast<size_t>(count * columns_));
    GetParam()->llm_int8_gemm({.input = input.data(),
                               .first_row = 0,
                               .rows = count,
                               .panels = packed.data(),
                               .depth = cpu::Padded(depth_),
                               .panel_count = panels,
                               .output = cpu::Output::kStore,
                               .bias = bias_.data(),
                               .out = out.data(),
                               .out_stride = columns_,
                               .out_columns = columns_},
                              scales.data(), threshold);
    return out;
  }
};

std::vector<const cpu::Kernels*> Tables() {
  std::vector<const cpu::Kernels*> tables = {&cpu::Avx2Kernels()};
  if (cpu::BestKernels().name != "avx2") tables.push_back(&cpu::Avx512Kernels());
  if (cpu::BestKernels().name == "amx") tables.push_back(&cpu::AmxKernels());
  return tables;
}

INSTANTIATE_TEST_SUITE_P(All, LlmInt8Test, testing::ValuesIn(Tables()),
                         [](const auto& info) { return std::string(info.param->name); });

TEST_P(LlmInt8Test, GivesWhatBitsandbytesGivesForARow) {
  const std::vector<float> got = Multiply(Encode(0, rows_), rows_);
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], output_[i], 1e-5f * std::max(1.0f, std::abs(output_[i])))
        << "row " << i / static_cast<size_t>(columns_);
  }
}

TEST_P(LlmInt8Test, ARowDoesNotDependOnItsNeighbours) {
  const std::vector<float> all = Multiply(Encode(0, rows_), rows_);
  for (const int64_t count : {1, 2, 7, 8, 9, 16}) {
    for (int64_t first = 0; first + count <= rows_; ++first) {
      const std::vector<float> part = Multiply(Encode(first, count), count);
      ASSERT_EQ(
          std::memcmp(part.data(), all.data() + first * columns_, part.size() * sizeof(float)), 0)
          << count << " rows from " << first;
    }
  }
}

// Without outliers, one value of 100 leaves the others few of the 255 steps.
TEST_P(LlmInt8Test, OutliersAreWhatKeepsTheOthersExact) {
  const std::vector<float> none =
      Multiply(Encode(0, rows_), rows_, std::numeric_limits<float>::infinity());
  double with = 0, without = 0;
  for (int64_t r = 1; r < rows_; ++r) {
    for (int64_t c = 0; c < columns_; ++c) {
      double exact = static_cast<double>(bias_[static_cast<size_t>(c)]);
      for (int64_t k = 0; k < depth_; ++k) {
        exact += static_cast<double>(input_[static_cast<size_t>(r * depth_ + k)]) *
                 static_cast<double>(weight_[static_cast<size_t>(c * depth_ + k)]);
      }
      const size_t i = static_cast<size_t>(r * columns_ + c);
      with += std::pow(static_cast<double>(output_[i]) - exact, 2);
      without += std::pow(static_cast<double>(none[i]) - exact, 2);
    }
  }
  EXPECT_LT(with * 4, without);
}

TEST_P(LlmInt8Test, WhatIsNotFiniteIsAnOutlier) {
  std::vector<uint16_t> input = Encode(0, 2);
  input[5] = 0x7c00;  // infinity
  const std::vector<float> out = Multiply(input, 2, std::numeric_limits<float>::infinity());
  const std::vector<float> other =
      Multiply(Encode(1, 1), 1, std::numeric_limits<float>::infinity());
  EXPECT_FALSE(std::isfinite(out[0]));
  EXPECT_EQ(std::memcmp(out.data() + columns_, other.data(), other.size() * sizeof(float)), 0);
}

// As a layer is loaded, with the best table.
TEST_F(LlmInt8LayerTest, QuantizesItsWeights) {
  const LinearPart part = {.name = "layer", .out = columns_, .in = depth_};
  const auto linear = Linear::Load(*checkpoint_, {part}, Precision::kLlmInt8);
  ASSERT_TRUE(linear.ok()) << linear.status();
  EXPECT_EQ(linear->bytes(), cpu::RoundUp(columns_, kPanel) * cpu::Padded(depth_));
  std::vector<float> out(output_.size());
  linear->Forward(Encode(0, rows_).data(), rows_, cpu::Output::kStore, out.data(), columns_);
  for (size_t i = 0; i < out.size(); ++i) {
    ASSERT_NEAR(out[i], output_[i], 1e-5f * std::max(1.0f, std::abs(output_[i])));
  }
  std::vector<float> row(static_cast<size_t>(depth_));
  linear->ReadRow(3, row.data());
  for (int64_t k = 0; k < depth_; ++k) {
    EXPECT_NEAR(row[static_cast<size_t>(k)], weight_[static_cast<size_t>(3 * depth_ + k)], 0.004f);
  }
}

}  // namespace
}  // namespace assay
