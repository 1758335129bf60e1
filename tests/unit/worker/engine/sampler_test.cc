#include "worker/engine/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <vector>

namespace assay {
namespace {

// The known answers of Random123's own test (kat_vectors, philox4x32 with 10 rounds).
TEST(PhiloxTest, KnownAnswers) {
  using Words = std::array<uint32_t, 4>;
  EXPECT_EQ(Philox({0, 0, 0, 0}, {0, 0}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(Philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(PhiloxTest, UniformNumbersAreTheFirstWordsOfTheCounter) {
  const RandomStream stream{0x299f31d0a4093822, 0x0370734413198a2e};
  EXPECT_EQ(stream.Uniform(0x85a308d3243f6a88),
            static_cast<double>(0xd16cfe0994fdcceb >> 11) / 9007199254740992.0);
}

// Logits of a vocabulary that is no multiple of anything.
std::vector<float> Logits(size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> logits(size);
  for (float& logit : logits) {
    logit = static_cast<float>(static_cast<int>(random() % 20001) - 10000) / 1000.0f;
  }
  return logits;
}

// The probability of each token by the definition: everything is sorted, nothing is clever.
std::map<int32_t, double> Expected(const std::vector<float>& logits,
                                   const TokenSampling& sampling) {
  std::vector<int32_t> tokens(logits.size());
  std::iota(tokens.begin(), tokens.end(), 0);
  std::stable_sort(tokens.begin(), tokens.end(), [&](int32_t a, int32_t b) {
    return logits[static_cast<size_t>(a)] > logits[static_cast<size_t>(b)];
  });
  if (sampling.top_k > 0) tokens.resize(std::min(tokens.size(), size_t(sampling.top_k)));
  const double best = logits[static_cast<size_t>(tokens[0])];
  std::vector<double> weights;
  for (const int32_t token : tokens) {
    weights.push_back(std::exp((logits[static_cast<size_t>(token)] - best) / sampling.temperature));
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double kept = 0;
  std::map<int32_t, double> probabilities;
  for (size_t i = 0; i < tokens.size() && (i == 0 || kept < sampling.top_p * total); ++i) {
    kept += weights[i];
    probabilities[tokens[i]] = weights[i];
  }
  for (auto& [token, weight] : probabilities) weight /= kept;
  return probabilities;
}

struct SamplerCase {
  size_t vocabulary;
  double temperature;
  double top_p;
  int top_k;
};

class SamplerTest : public testing::TestWithParam<SamplerCase> {};

INSTANTIATE_TEST_SUITE_P(
    Settings, SamplerTest,
    testing::Values(SamplerCase{1, 1, 1, 0}, SamplerCase{7, 1, 1, 0}, SamplerCase{513, 2.5, 1, 0},
                    SamplerCase{1300, 8, 1, 0}, SamplerCase{1300, 8, 0.95, 0},
                    SamplerCase{1300, 8, 0.999999, 0}, SamplerCase{1300, 3, 1, 50},
                    SamplerCase{1300, 30, 1, 200}, SamplerCase{1300, 30, 0.5, 200},
                    SamplerCase{1300, 1, 1e-9, 0}, SamplerCase{40, 5, 0.9, 1000}));

// Chi-squared over tokens, those that are rarely drawn taken together.
TEST_P(SamplerTest, DrawsEachTokenAsOftenAsItsProbabilitySays) {
  const SamplerCase& param = GetParam();
  const std::vector<float> logits = Logits(param.vocabulary, 5);
  TokenSampling sampling{param.temperature, param.top_p, param.top_k, {.key = 11, .nonce = 12}};
  const std::map<int32_t, double> probabilities = Expected(logits, sampling);
  constexpr int kDraws = 8000;
  std::map<int32_t, int> drawn;
  for (int i = 0; i < kDraws; ++i) ++drawn[SampleToken(logits, sampling, i)];
  double statistic = 0;
  int cells = 0;
  double rare_expected = 0;
  double rare_drawn = 0;
  for (const auto& [token, probability] : probabilities) {
    const double expected = probability * kDraws;
    const double count = drawn.contains(token) ? drawn[token] : 0;
    drawn.erase(token);
    if (expected < 10) {
      rare_expected += expected;
      rare_drawn += count;
      continue;
    }
    statistic += (count - expected) * (count - expected) / expected;
    ++cells;
  }
  EXPECT_TRUE(drawn.empty()) << "token " << drawn.begin()->first << " has no probability";
  if (rare_expected > 10) {
    statistic += (rare_drawn - rare_expected) * (rare_drawn - rare_expected) / rare_expected;
    ++cells;
  }
  // Chi-squared of so many degrees of freedom has this mean and deviation.
  const double freedom = std::max(0, cells - 1);
  EXPECT_LE(statistic, freedom + 5 * std::sqrt(2 * freedom) + 1e-9);
}

TEST(SampleTokenTest, TemperatureZeroIsGreedyAndSmallOnesComeNear) {
  const std::vector<float> logits = Logits(1000, 3);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(SampleToken(logits, {}, i), SampleGreedily(logits));
    EXPECT_EQ(SampleToken(logits, {.temperature = 1e-300, .random = {1, 2}}, i),
              SampleGreedily(logits));
  }
}

TEST(SampleTokenTest, EqualTokensAreTakenInTheOrderOfTheirIds) {
  const std::vector<float> logits(300, 0.5f);
  for (int i = 0; i < 200; ++i) {
    EXPECT_LT(SampleToken(logits, {.temperature = 1, .top_k = 3, .random = {1, 2}}, i), 3);
    // A hundredth of 300 equal tokens.
    EXPECT_LT(SampleToken(logits, {.temperature = 1, .top_p = 0.01, .random = {1, 2}}, i), 3);
  }
}

// A model whose numbers overflowed: any token will do, but it is a token.
TEST(SampleTokenTest, LogitsThatAreNoNumbersGiveAToken) {
  std::vector<float> logits(600, std::numeric_limits<float>::quiet_NaN());
  logits[400] = -std::numeric_limits<float>::infinity();
  logits[77] = 1;
  for (const TokenSampling& sampling :
       {TokenSampling{1, 1, 0, {1, 2}}, TokenSampling{1, 0.9, 0, {1, 2}},
        TokenSampling{1, 1, 5, {1, 2}}}) {
    for (int i = 0; i < 20; ++i) {
      const int32_t token = SampleToken(logits, sampling, i);
      EXPECT_GE(token, 0);
      EXPECT_LT(token, 600);
    }
  }
}

// The numbers of one draw do not depend on which were drawn before.
TEST(SampleTokenTest, ADrawIsAFunctionOfItsPlaceAlone) {
  const std::vector<float> logits = Logits(1000, 9);
  const TokenSampling sampling{4, 0.9, 0, {.key = 5, .nonce = 6}};
  std::vector<int32_t> forward;
  for (int i = 0; i < 30; ++i) forward.push_back(SampleToken(logits, sampling, i));
  for (int i = 29; i >= 0; --i) {
    EXPECT_EQ(SampleToken(logits, sampling, i), forward[static_cast<size_t>(i)]);
  }
  TokenSampling other = sampling;
  ++other.random.nonce;
  std::vector<int32_t> others;
  for (int i = 0; i < 30; ++i) others.push_back(SampleToken(logits, other, i));
  EXPECT_NE(forward, others);
}

}  // namespace
}  // namespace assay
