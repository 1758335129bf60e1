// Every table of kernels that this processor runs: right against sums in double, and row by row the
// same bits whatever the number of rows.
#include "worker/layers/cpu/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <string>
#include <vector>

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
  // The input of a product, [rows, columns] and spare rows.
  std::vector<char> Encode(const std::vector<float>& values, int64_t columns) const {
    const int64_t rows = static_cast<int64_t>(values.size()) / columns;
    std::vector<char> bytes(InputBytes(rows, columns));
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        Put(bytes.data(), At(r, c, columns), values[static_cast<size_t>(r * columns + c)]);
      }
    }
    return bytes;
  }
  size_t InputBytes(int64_t rows, int64_t columns) const {
    return static_cast<size_t>((rows + kSpareRows) * Padded(columns) * ElementSize(precision()));
  }
  int64_t At(int64_t row, int64_t column, int64_t columns) const {
    return InputOffset(kernels().input_layout(precision()), Padded(columns), row, column);
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
      kernels().gemm(precision(), {.input = rows.data(),
                                   .first_row = first,
                                   .rows = count,
                                   .panels = panels.data(),
                                   .depth = Padded(depth),
                                   .panel_count = RoundUp(columns, kPanel) / kPanel,
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
      for (int64_t first = 0; first + count <= kRows; first += kRowStep) {
        const std::vector<float> part = run(first, count, Output::kStore);
        ASSERT_EQ(
            std::memcmp(part.data(), all.data() + first * columns, part.size() * sizeof(float)), 0)
            << count << " rows from " << first;
      }
    }
  }
}

TEST_P(KernelsTest, GatedProductsAreRight) {
  constexpr int64_t kRows = 45, kDepth = 64, kHalf = kPanel / 2;
  const std::vector<float> input = Random(kRows * kDepth);
  std::vector<float> weights = Random(2 * kPanel * kDepth);
  for (float& weight : weights) weight = Round(weight * 0.25f);
  const std::vector<char> rows = Encode(input, kDepth);
  const std::vector<char> panels = Panels(weights, 2 * kPanel, kDepth);
  std::vector<char> out(InputBytes(kRows, kPanel));
  kernels().gemm(precision(), {.input = rows.data(),
                               .first_row = 0,
                               .rows = kRows,
                               .panels = panels.data(),
                               .depth = kDepth,
                               .panel_count = 2,
                               .output = Output::kGated,
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
      ASSERT_NEAR(Get(out.data(), At(r, c, kPanel)), expected,
                  tolerance * std::max(1.0, std::abs(expected)));
    }
  }
}

TEST_P(KernelsTest, ActivationsAreRight) {
  // A column of the product is the input's value itself; the other half of a gate is one.
  constexpr int64_t kRows = 200, kDepth = 32;
  std::vector<float> input(kRows * kDepth, 0.0f);
  for (int64_t r = 0; r < kRows; ++r) {
    input[static_cast<size_t>(r * kDepth)] = Round(0.1f * static_cast<float>(r - kRows / 2));
  }
  std::vector<float> weights(kPanel * kDepth, 0.0f);
  for (int64_t c = 0; c < kPanel; ++c) weights[static_cast<size_t>(c * kDepth)] = 1.0f;
  const std::vector<char> rows = Encode(input, kDepth);
  const std::vector<char> panels = Panels(weights, kPanel, kDepth);
  const auto expected = [](Activation activation, double x) {
    switch (activation) {
      case Activation::kSilu:
        return x / (1 + std::exp(-x));
      case Activation::kRelu:
        return std::max(x, 0.0);
      case Activation::kReluSquared:
        return x > 0 ? x * x : 0.0;
      case Activation::kGelu:
        return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
      case Activation::kGeluTanh:
        return 0.5 * x *
               (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
      case Activation::kGeluQuick:
        return x / (1 + std::exp(-1.702 * x));
    }
    return 0.0;
  };
  const double tolerance = precision() == Precision::kFloat32    ? 2e-6
                           : precision() == Precision::kBFloat16 ? 1e-2
                                                                 : 2e-3;
  for (const Activation activation :
       {Activation::kSilu, Activation::kRelu, Activation::kReluSquared, Activation::kGelu,
        Activation::kGeluTanh, Activation::kGeluQuick}) {
    for (const Output output : {Output::kActivated, Output::kGated}) {
      std::vector<char> out(InputBytes(kRows, kPanel));
      kernels().gemm(precision(), {.input = rows.data(),
                                   .first_row = 0,
                                   .rows = kRows,
                                   .panels = panels.data(),
                                   .depth = kDepth,
                                   .panel_count = 1,
                                   .output = output,
                                   .bias = nullptr,
                                   .out = out.data(),
                                   .out_stride = kPanel,
                                   .out_columns = kPanel,
                                   .activation = activation});
      for (int64_t r = 0; r < kRows; ++r) {
        const double x = static_cast<double>(input[static_cast<size_t>(r * kDepth)]);
        const double other = output == Output::kGated ? x : 1.0;
        const double wanted = expected(activation, x) * other;
        ASSERT_NEAR(Get(out.data(), At(r, 7, kPanel)), wanted,
                    tolerance * std::max(1.0, std::abs(wanted)))
            << static_cast<int>(activation) << " of " << x;
      }
    }
  }
}

TEST_P(KernelsTest, LayerNormsAndCapsAreRight) {
  for (const int64_t size : {5, 16, 70}) {
    const std::vector<float> row = Random(size), weight = Random(size), bias = Random(size);
    double mean = 0, variance = 0;
    for (const float x : row) mean += static_cast<double>(x) / static_cast<double>(size);
    for (const float x : row) {
      variance += std::pow(static_cast<double>(x) - mean, 2) / static_cast<double>(size);
    }
    std::vector<char> out(InputBytes(2, size), 1);
    kernels().layer_norm(precision(), row.data(), weight.data(), bias.data(), 1e-3f, size,
                         Padded(size), out.data(), 1);
    for (int64_t i = 0; i < Padded(size); ++i) {
      const size_t at = static_cast<size_t>(i);
      const double wanted = i >= size ? 0.0
                                      : (static_cast<double>(row[at]) - mean) /
                                                std::sqrt(variance + 1e-3) *
                                                static_cast<double>(weight[at]) +
                                            static_cast<double>(bias[at]);
      ASSERT_NEAR(Get(out.data(), At(1, i, size)), Round(static_cast<float>(wanted)),
                  precision() == Precision::kFloat32 ? 1e-5 : 2e-2);
    }
    std::vector<float> capped = row;
    kernels().cap(capped.data(), size, 0.75f);
    for (size_t i = 0; i < row.size(); ++i) {
      ASSERT_NEAR(capped[i], 0.75 * std::tanh(static_cast<double>(row[i]) / 0.75), 1e-6);
    }
  }
}

TEST_P(KernelsTest, AttentionIsRightAndDoesNotDependOnTheRowsBeside) {
  constexpr int64_t kTokens = 150, kHeads = 3;
  for (const int64_t head_size : {64, 80, 20}) {
    const int64_t block_bytes = 2 * kBlockTokens * Padded(head_size) * ElementSize(precision());
    std::vector<char> pool(static_cast<size_t>(3 * block_bytes));
    const std::vector<float> keys = Random(kTokens * head_size);
    const std::vector<float> values = Random(kTokens * head_size);
    for (int64_t t = 0; t < kTokens; ++t) {
      kernels().store_kv(precision(), pool.data() + t / kBlockTokens * block_bytes, head_size,
                         t % kBlockTokens, keys.data() + t * head_size,
                         values.data() + t * head_size);
    }
    const std::vector<float> query = Random(kTokens * kHeads * head_size);
    std::vector<char> encoded(query.size() * static_cast<size_t>(ElementSize(precision())));
    kernels().convert(precision(), query.data(), static_cast<int64_t>(query.size()),
                      encoded.data());
    const float scale = 1.0f / std::sqrt(static_cast<float>(head_size));
    // Row r of the queries goes to row r of the output, whose first columns belong to others.
    constexpr int64_t kFirstColumn = 16;
    const int64_t columns = kFirstColumn + head_size;
    const auto run = [&](const std::vector<int64_t>& rows, std::vector<char>* out) {
      std::vector<int64_t> offsets, out_columns(rows.size(), kFirstColumn);
      std::vector<int32_t> positions;
      for (const int64_t r : rows) {
        offsets.push_back(r * head_size);
        positions.push_back(static_cast<int32_t>(r / kHeads));
      }
      // A block is seen by the stretches of rows that have come to it.
      std::vector<AttentionBlock> blocks;
      for (int32_t block = 0; block < 3; ++block) {
        const int32_t first_position = block * static_cast<int32_t>(kBlockTokens);
        for (size_t i = 0; i < rows.size(); ++i) {
          if (positions[i] < first_position) continue;
          const int32_t row = static_cast<int32_t>(i);
          if (!blocks.empty() && blocks.back().block == block &&
              blocks.back().first_row + blocks.back().rows == row) {
            ++blocks.back().rows;
          } else {
            blocks.push_back({block, first_position, row, 1});
          }
        }
      }
      kernels().attention(precision(), {.query = encoded.data(),
                                        .query_offsets = offsets.data(),
                                        .row_positions = positions.data(),
                                        .rows = static_cast<int64_t>(rows.size()),
                                        .head_size = head_size,
                                        .scale = scale,
                                        .pool = pool.data(),
                                        .block_bytes = block_bytes,
                                        .blocks = blocks.data(),
                                        .block_count = static_cast<int64_t>(blocks.size()),
                                        .out = out->data(),
                                        .out_padded = Padded(columns),
                                        .out_rows = rows.data(),
                                        .out_columns = out_columns.data()});
    };
    constexpr int64_t kAll = kTokens * kHeads;
    const size_t bytes = InputBytes(kAll, columns);
    // In stretches of `count` rows, of which one follows the other `step` rows later.
    const auto run_all = [&](int64_t count, int64_t step) {
      std::vector<char> out(bytes);
      std::vector<int64_t> rows;
      for (int64_t from = 0; from < step; ++from) {
        for (int64_t r = from; r < kAll; r += step) {
          rows.push_back(r);
          if (static_cast<int64_t>(rows.size()) == count) {
            run(rows, &out);
            rows.clear();
          }
        }
        if (!rows.empty()) run(rows, &out);
        rows.clear();
      }
      return out;
    };
    const std::vector<char> together = run_all(kAttentionRows, 1);
    EXPECT_EQ(together, run_all(1, 1));
    EXPECT_EQ(together, run_all(7, 1));
    EXPECT_EQ(together, run_all(kAttentionRows, 41));
    EXPECT_EQ(together, run_all(16, 149));

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
        ASSERT_NEAR(Get(together.data(), At(row, kFirstColumn + d, columns)), expected, tolerance);
      }
    }
  }
}

TEST_P(KernelsTest, RwkvsRecurrenceIsRightAndCanBeCut) {
  constexpr int64_t kRows = 70, kStride = kWkvChannels + 8, kColumns = 2 * kWkvChannels;
  std::vector<float> key = Random(kRows * kStride), value = Random(kRows * kStride);
  std::vector<float> receptance = Random(kRows * kStride), first = Random(kWkvChannels);
  for (float& k : key) k *= 4;
  // Far beyond what e^x holds without the maximum.
  key[5 * kStride] = 95;
  key[6 * kStride + 1] = -95;
  std::vector<float> decay = Random(kWkvChannels);
  for (float& d : decay) d = -std::exp(d);
  // In two pieces, the state being kept between.
  const auto run = [&](int64_t cut) {
    std::vector<float> state(3 * kWkvChannels, 0.0f);
    std::fill(state.begin() + 2 * kWkvChannels, state.end(), -1e38f);
    std::vector<char> out(InputBytes(kRows, kColumns));
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{0, cut}, {cut, kRows}}) {
      kernels().wkv(precision(), {.key = key.data() + begin * kStride,
                                  .value = value.data() + begin * kStride,
                                  .receptance = receptance.data() + begin * kStride,
                                  .stride = kStride,
                                  .rows = end - begin,
                                  .decay = decay.data(),
                                  .first = first.data(),
                                  .numerator = state.data(),
                                  .denominator = state.data() + kWkvChannels,
                                  .maximum = state.data() + 2 * kWkvChannels,
                                  .out = out.data(),
                                  .out_padded = kColumns,
                                  .out_row = begin,
                                  .out_column = kWkvChannels});
    }
    return out;
  };
  const std::vector<char> whole = run(kRows);
  for (const int64_t cut : {1, 6, 33}) EXPECT_EQ(run(cut), whole) << cut;
  const double tolerance = precision() == Precision::kFloat32    ? 2e-6
                           : precision() == Precision::kBFloat16 ? 1e-2
                                                                 : 1e-3;
  for (int64_t c = 0; c < kWkvChannels; ++c) {
    const size_t channel = static_cast<size_t>(c);
    // The sums as they are defined, in long double, whose range suffices.
    for (int64_t t = 0; t < kRows; ++t) {
      const size_t at = static_cast<size_t>(t * kStride + c);
      long double numerator = 0, denominator = 0;
      for (int64_t i = 0; i <= t; ++i) {
        const size_t from = static_cast<size_t>(i * kStride + c);
        const long double exponent =
            i == t ? static_cast<long double>(first[channel]) + key[from]
                   : static_cast<long double>(t - 1 - i) * decay[channel] + key[from];
        numerator += std::exp(exponent) * value[from];
        denominator += std::exp(exponent);
      }
      const double expected = static_cast<double>(
          numerator / denominator / (1 + std::exp(-static_cast<long double>(receptance[at]))));
      EXPECT_NEAR(Get(whole.data(), At(t, kWkvChannels + c, kColumns)), expected,
                  tolerance * (1 + std::abs(expected)))
          << t << " " << c;
    }
  }
}

TEST_P(KernelsTest, AddsWhatAGateLetsThrough) {
  constexpr int64_t kCount = 37;
  const std::vector<float> gate = Random(kCount), values = Random(kCount);
  std::vector<float> out = Random(kCount);
  const std::vector<float> before = out;
  kernels().add_gated(gate.data(), values.data(), 0.25f, kCount, out.data());
  for (size_t i = 0; i < out.size(); ++i) {
    const double added = 0.25 * values[i] / (1 + std::exp(-static_cast<double>(gate[i])));
    EXPECT_NEAR(out[i], before[i] + added, 1e-6);
  }
}

TEST_P(KernelsTest, NormalizesRows) {
  constexpr int64_t kSize = 50;
  const std::vector<float> row = Random(kSize);
  const std::vector<float> weight = Random(kSize);
  constexpr int64_t kRow = 17;
  std::vector<char> out(InputBytes(kRow + 1, kSize), 1);
  kernels().rms_norm(precision(), row.data(), weight.data(), 1e-5f, kSize, Padded(kSize),
                     out.data(), kRow);
  double squares = 0;
  for (const float x : row) squares += static_cast<double>(x) * static_cast<double>(x);
  const double scale = 1 / std::sqrt(squares / kSize + 1e-5);
  for (int64_t i = 0; i < Padded(kSize); ++i) {
    const double expected = i < kSize ? static_cast<double>(row[static_cast<size_t>(i)]) * scale *
                                            static_cast<double>(weight[static_cast<size_t>(i)])
                                      : 0;
    EXPECT_NEAR(Get(out.data(), At(kRow, i, kSize)), expected,
                precision() == Precision::kFloat32 ? 1e-5 : 1e-2 * std::abs(expected) + 1e-6);
  }
}

TEST_P(KernelsTest, WidensWeightsOfEightBits) {
  constexpr int64_t kDepth = 64;
  std::vector<int8_t> weights(static_cast<size_t>(kDepth * kPanel));
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<int8_t>(i * 37 % 255 - 127);
  std::vector<float> scales(static_cast<size_t>(kPanel));
  for (size_t i = 0; i < scales.size(); ++i) scales[i] = 0.01f * static_cast<float>(i + 1);
  std::vector<uint16_t> panel(weights.size());
  kernels().widen_panel(weights.data(), scales.data(), kDepth, panel.data());
  for (int64_t k = 0; k < kDepth; ++k) {
    for (int64_t column = 0; column < kPanel; ++column) {
      const int64_t from = k / 2 * 64 + column / 16 * 32 + k % 2 * 16 + column % 16;
      const float expected = static_cast<float>(weights[static_cast<size_t>(from)]) *
                             scales[static_cast<size_t>(column)];
      ASSERT_EQ(panel[static_cast<size_t>(k / 2 * 64 + column * 2 + k % 2)],
                ToBits16(Precision::kBFloat16, expected))
          << k << " " << column;
    }
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
