// Every table of kernels that this processor runs: right against sums in double, and row by row the
// same bits whatever the number of rows.
#include "worker/layers/cpu/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "worker/layers/kv_pool.h"

namespace assay::cpu {
namespace {

struct Case {
  const Kernels* kernels;
  Precision precision;
};

std::vector<Case> Cases() {
  std::vector<const Kernels*> tables = {&Avx2Kernels()};
  // The best table and those below it run here.
  if (BestKernels().name != "avx2") tables.push_back(&Avx512Kernels());
  if (BestKernels().name == "amx") tables.push_back(&AmxKernels());
  std::vector<Case> cases;
  for (const Kernels* table : tables) {
    for (const Precision precision :
         {Precision::kFloat32, Precision::kBFloat16, Precision::kFloat16}) {
      cases.push_back({table, precision});
    }
  }
  return cases;
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.kernels->name) + "_" +
         std::string(PrecisionName(info.param.precision));
}

class KernelsTest : public testing::TestWithParam<Case> {
 protected:
  const Kernels& kernels() const { return *GetParam().kernels; }
  Precision precision() const { return GetParam().precision; }

  float Round(float value) const {
    return precision() == Precision::kFloat32
               ? value
               : FromBits16(precision(), ToBits16(precision(), value));
  }
  std::vector<float> Random(int64_t count) {
    std::normal_distribution<float> normal;
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = Round(normal(random_));
    return values;
  }
  // [rows, columns] of the compute type, zero behind each row's columns, with spare rows.
  std::vector<char> Encode(const std::vector<float>& values, int64_t columns) const {
    const int64_t rows = static_cast<int64_t>(values.size()) / columns;
    const int64_t stride = Padded(columns);
    std::vector<char> bytes(
        static_cast<size_t>((rows + kSpareRows) * stride * ElementSize(precision())));
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        Put(bytes.data(), r * stride + c, values[static_cast<size_t>(r * columns + c)]);
      }
    }
    return bytes;
  }
  // Panels of weights [columns, depth].
  std::vector<char> Panels(const std::vector<float>& weights, int64_t columns,
                           int64_t depth) const {
    const int64_t padded = Padded(depth);
    std::vector<char> bytes(
        static_cast<size_t>(RoundUp(columns, kPanel) * padded * ElementSize(precision())));
    for (int64_t c = 0; c < columns; ++c) {
      for (int64_t k = 0; k < depth; ++k) {
        const int64_t panel = c / kPanel * kPanel * padded;
        const int64_t at = precision() == Precision::kFloat32
                               ? panel + k * kPanel + c % kPanel
                               : panel + k / 2 * 2 * kPanel + c % kPanel * 2 + k % 2;
        Put(bytes.data(), at, weights[static_cast<size_t>(c * depth + k)]);
      }
    }
    return bytes;
  }
  void Put(char* bytes, int64_t at, float value) const {
    if (precision() == Precision::kFloat32) {
      reinterpret_cast<float*>(bytes)[at] = value;
    } else {
      reinterpret_cast<uint16_t*>(bytes)[at] = ToBits16(precision(), value);
    }
  }
  float Get(const char* bytes, int64_t at) const {
    return precision() == Precision::kFloat32
               ? reinterpret_cast<const float*>(bytes)[at]
               : FromBits16(precision(), reinterpret_cast<const uint16_t*>(bytes)[at]);
  }

  std::mt19937 random_{7};
};

INSTANTIATE_TEST_SUITE_P(All, KernelsTest, testing::ValuesIn(Cases()), CaseName);

TEST_P(KernelsTest, ProductsAreRightAndDoNotDependOnTheNumberOfRows) {
  constexpr int64_t kRows = 75;
  for (const auto& [columns, depth] :
       std::vector<std::pair<int64_t, int64_t>>{{96, 64}, {70, 50}, {32, 576}}) {
    const std::vector<float> input = Random(kRows * depth);
    const std::vector<float> weights = Random(columns * depth);
    const std::vector<float> bias = Random(RoundUp(columns, kPanel));
    const std::vector<char> rows = Encode(input, depth);
    const std::vector<char> panels = Panels(weights, columns, depth);
    const auto run = [&](int64_t first, int64_t count, Output kind) {
      std::vector<float> out(static_cast<size_t>(count * columns), 1.0f);
      kernels().gemm(precision(),
                     {.input = rows.data() + first * Padded(depth) * ElementSize(precision()),
                      .input_stride = Padded(depth),
                      .panels = panels.data(),
                      .depth = Padded(depth),
                      .panel_count = RoundUp(columns, kPanel) / kPanel,
                      .rows = count,
                      .output = kind,
                      .bias = bias.data(),
                      .out = out.data(),
                      .out_stride = columns,
                      .out_columns = columns});
      return out;
    };
    const std::vector<float> all = run(0, kRows, Output::kStore);
    const std::vector<float> added = run(0, kRows, Output::kAdd);
    for (int64_t r = 0; r < kRows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        double sum = static_cast<double>(bias[static_cast<size_t>(c)]);
        for (int64_t k = 0; k < depth; ++k) {
          sum += static_cast<double>(input[static_cast<size_t>(r * depth + k)]) *
                 static_cast<double>(weights[static_cast<size_t>(c * depth + k)]);
        }
        ASSERT_NEAR(all[static_cast<size_t>(r * columns + c)], sum, 1e-3) << r << " " << c;
        ASSERT_NEAR(added[static_cast<size_t>(r * columns + c)], sum + 1, 1e-3) << r << " " << c;
      }
    }
    for (const int64_t count : {1, 2, 3, 5, 11, 12, 13, 16, 17, 31, 32, 33, 47, 48, 49, 64, 74}) {
      for (const int64_t first : {int64_t{0}, kRows - count}) {
        const std::vector<float> part = run(first, count, Output::kStore);
        ASSERT_EQ(
            std::memcmp(part.data(), all.data() + first * columns, part.size() * sizeof(float)), 0)
            << count << " rows from " << first;
      }
    }
  }
}

TEST_P(KernelsTest, GatedProductsAreRight) {
  constexpr int64_t kRows = 13, kDepth = 64, kHalf = kPanel / 2;
  const std::vector<float> input = Random(kRows * kDepth);
  std::vector<float> weights = Random(2 * kPanel * kDepth);
  for (float& weight : weights) weight = Round(weight * 0.25f);
  const std::vector<char> rows = Encode(input, kDepth);
  const std::vector<char> panels = Panels(weights, 2 * kPanel, kDepth);
  std::vector<char> out(static_cast<size_t>(kRows * kPanel * ElementSize(precision())));
  kernels().gemm(precision(), {.input = rows.data(),
                               .input_stride = kDepth,
                               .panels = panels.data(),
                               .depth = kDepth,
                               .panel_count = 2,
                               .rows = kRows,
                               .output = Output::kSiluMul,
                               .bias = nullptr,
                               .out = out.data(),
                               .out_stride = kPanel,
                               .out_columns = kPanel});
  const auto product = [&](int64_t row, int64_t column) {
    double sum = 0;
    for (int64_t k = 0; k < kDepth; ++k) {
      sum += static_cast<double>(input[static_cast<size_t>(row * kDepth + k)]) *
             static_cast<double>(weights[static_cast<size_t>(column * kDepth + k)]);
    }
    return sum;
  };
  const double tolerance = precision() == Precision::kFloat32    ? 1e-5
                           : precision() == Precision::kBFloat16 ? 1e-2
                                                                 : 2e-3;
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < kPanel; ++c) {
      const int64_t gate_column = c / kHalf * kPanel + c % kHalf;
      const double gate = product(r, gate_column);
      const double expected = gate / (1 + std::exp(-gate)) * product(r, gate_column + kHalf);
      ASSERT_NEAR(Get(out.data(), r * kPanel + c), expected,
                  tolerance * std::max(1.0, std::abs(expected)));
    }
  }
}

TEST_P(KernelsTest, AttentionIsRightAndDoesNotDependOnTheRowsBeside) {
  constexpr int64_t kTokens = 150, kHeads = 3;
  for (const int64_t head_size : {64, 20}) {
    const auto pool = KvPool::Create({1, 1, head_size, precision()}, int64_t{64} << 20);
    ASSERT_TRUE(pool.ok()) << pool.status();
    const std::vector<float> keys = Random(kTokens * head_size);
    const std::vector<float> values = Random(kTokens * head_size);
    std::vector<const char*> blocks;
    for (int32_t block = 0; block <= (kTokens - 1) / kBlockTokens; ++block) {
      (*pool)->Clear(block);
      blocks.push_back((*pool)->Keys(block, 0, 0));
    }
    for (int64_t t = 0; t < kTokens; ++t) {
      (*pool)->Write(static_cast<int32_t>(t / kBlockTokens), 0, 0, t % kBlockTokens,
                     keys.data() + t * head_size, values.data() + t * head_size);
    }
    const std::vector<float> query = Random(kTokens * kHeads * head_size);
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_size));
    const auto run = [&](int64_t first_row, int64_t rows, std::vector<char>* out) {
      std::vector<int64_t> offsets;
      std::vector<int32_t> positions;
      for (int64_t r = first_row; r < first_row + rows; ++r) {
        offsets.push_back(r * head_size);
        positions.push_back(static_cast<int32_t>(r / kHeads));
      }
      kernels().attention(precision(), {.query = query.data(),
                                        .query_offsets = offsets.data(),
                                        .out_offsets = offsets.data(),
                                        .row_positions = positions.data(),
                                        .rows = rows,
                                        .head_size = head_size,
                                        .scale = scale,
                                        .blocks = blocks.data(),
                                        .out = out->data()});
    };
    const size_t bytes =
        static_cast<size_t>(kTokens * kHeads * head_size * ElementSize(precision()));
    std::vector<char> together(bytes), alone(bytes), by_seven(bytes);
    for (int64_t r = 0; r < kTokens * kHeads; r += kAttentionRows) {
      run(r, std::min(kAttentionRows, kTokens * kHeads - r), &together);
    }
    for (int64_t r = 0; r < kTokens * kHeads; ++r) run(r, 1, &alone);
    for (int64_t r = 0; r < kTokens * kHeads; r += 7) {
      run(r, std::min<int64_t>(7, kTokens * kHeads - r), &by_seven);
    }
    EXPECT_EQ(std::memcmp(together.data(), alone.data(), bytes), 0);
    EXPECT_EQ(std::memcmp(together.data(), by_seven.data(), bytes), 0);

    const double tolerance = precision() == Precision::kFloat32 ? 1e-5 : 3e-2;
    for (const int64_t row : {int64_t{0}, int64_t{5}, int64_t{200}, kTokens * kHeads - 1}) {
      const int64_t position = row / kHeads;
      std::vector<double> weights;
      double total = 0;
      for (int64_t t = 0; t <= position; ++t) {
        double score = 0;
        for (int64_t d = 0; d < head_size; ++d) {
          score += static_cast<double>(query[static_cast<size_t>(row * head_size + d)]) *
                   static_cast<double>(keys[static_cast<size_t>(t * head_size + d)]);
        }
        weights.push_back(std::exp(score * static_cast<double>(scale)));
        total += weights.back();
      }
      for (int64_t d = 0; d < head_size; ++d) {
        double expected = 0;
        for (int64_t t = 0; t <= position; ++t) {
          expected += weights[static_cast<size_t>(t)] / total *
                      static_cast<double>(values[static_cast<size_t>(t * head_size + d)]);
        }
        ASSERT_NEAR(Get(together.data(), row * head_size + d), expected, tolerance);
      }
    }
  }
}

TEST_P(KernelsTest, NormalizesRows) {
  constexpr int64_t kSize = 50;
  const std::vector<float> row = Random(kSize);
  const std::vector<float> weight = Random(kSize);
  std::vector<char> out(static_cast<size_t>(Padded(kSize) * ElementSize(precision())), 1);
  kernels().rms_norm(precision(), row.data(), weight.data(), 1e-5f, kSize, Padded(kSize),
                     out.data());
  double squares = 0;
  for (const float x : row) squares += static_cast<double>(x) * static_cast<double>(x);
  const double scale = 1 / std::sqrt(squares / kSize + 1e-5);
  for (int64_t i = 0; i < Padded(kSize); ++i) {
    const double expected = i < kSize ? static_cast<double>(row[static_cast<size_t>(i)]) * scale *
                                            static_cast<double>(weight[static_cast<size_t>(i)])
                                      : 0;
    EXPECT_NEAR(Get(out.data(), i), expected,
                precision() == Precision::kFloat32 ? 1e-5 : 1e-2 * std::abs(expected) + 1e-6);
  }
}

TEST_P(KernelsTest, FindsTheFirstGreatestAndTheSum) {
  std::vector<float> values = Random(1000 + 7);
  values[900] = values[300] = 50;
  EXPECT_EQ(kernels().argmax(values.data(), static_cast<int64_t>(values.size())), 300);
  values[1006] = 51;
  EXPECT_EQ(kernels().argmax(values.data(), static_cast<int64_t>(values.size())), 1006);
  double sum = 0;
  for (const float value : values) sum += std::exp(static_cast<double>(value) - 51);
  EXPECT_NEAR(kernels().log_sum_exp(values.data(), static_cast<int64_t>(values.size())),
              51 + std::log(sum), 1e-6);
}

TEST_P(KernelsTest, Rotates) {
  for (const int64_t half : {3, 16, 35}) {
    std::vector<float> row = Random(2 * half);
    const std::vector<float> before = row;
    std::vector<float> cosine, sine;
    for (int64_t i = 0; i < half; ++i) {
      cosine.push_back(std::cos(static_cast<float>(i)));
      sine.push_back(std::sin(static_cast<float>(i)));
    }
    kernels().rotate(row.data(), cosine.data(), sine.data(), half);
    for (int64_t i = 0; i < half; ++i) {
      const size_t low = static_cast<size_t>(i), high = static_cast<size_t>(half + i);
      EXPECT_NEAR(row[low], before[low] * cosine[low] - before[high] * sine[low], 1e-6);
      EXPECT_NEAR(row[high], before[high] * cosine[low] + before[low] * sine[low], 1e-6);
    }
  }
}

TEST(Bits16Test, RoundToNearestEven) {
  EXPECT_EQ(ToBits16(Precision::kBFloat16, 1.0f), 0x3f80);
  EXPECT_EQ(ToBits16(Precision::kBFloat16, 1.00390625f), 0x3f80);  // a tie, to even
  EXPECT_EQ(ToBits16(Precision::kBFloat16, 1.01171875f), 0x3f82);  // a tie, to even
  EXPECT_EQ(ToBits16(Precision::kBFloat16, 3.4e38f), 0x7f80);
  EXPECT_TRUE(std::isnan(FromBits16(Precision::kBFloat16, ToBits16(Precision::kBFloat16, NAN))));
  EXPECT_EQ(ToBits16(Precision::kFloat16, 65504.0f), 0x7bff);
  EXPECT_EQ(FromBits16(Precision::kFloat16, 0x0001), 0x1p-24f);
}

}  // namespace
}  // namespace assay::cpu
