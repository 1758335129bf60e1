#include "common/statistics/comparison.h"

#include "common/statistics/holm.h"
#include "common/statistics/random.h"
#include "gmock/gmock.h"
#include "tests/unit/common/statistics/golden.h"

namespace assay {
namespace {

using ::testing::HasSubstr;

TEST(McNemarTest, ExactAndCorrected) {
  for (const Json& row : Golden("mcnemars")) {
    const Discordant discordant = {row[0], row[1]};
    EXPECT_TRUE(CloseRelative(McNemarExact(discordant), row[2])) << row;
    EXPECT_TRUE(CloseRelative(McNemarCorrected(discordant), row[3])) << row;
  }
}

TEST(SignFlipTest, ExactAndRandom) {
  int exact = 0;
  const Json& golden = Golden("sign_flips");
  for (const Json& row : golden) {
    SCOPED_TRACE(row.dump());
    const auto differences = row["differences"].get<std::vector<double>>();
    const SignFlipResult result = SignFlipTest(differences, {row["permutations"], row["seed"]});
    EXPECT_TRUE(CloseRelative(result.p_value, row["p_value"]));
    EXPECT_EQ(result.exact, row["exact"].get<bool>());
    if (result.exact) ++exact;
  }
  EXPECT_GT(exact, 0);
  EXPECT_LT(exact, static_cast<int>(golden.size()));
  EXPECT_TRUE(std::isnan(SignFlipTest({}, {}).p_value));
}

TEST(SignFlipTest, VerdictsOfOneWeightAreMcNemarsTest) {
  std::vector<double> differences(2000, 0);
  for (int i = 0; i < 300; ++i) differences[i] = i < 120 ? -1 / 2000.0 : 1 / 2000.0;
  const SignFlipResult result = SignFlipTest(differences, {});
  EXPECT_TRUE(result.exact);
  EXPECT_EQ(result.p_value, McNemarExact({180, 120}));
}

TEST(HolmTest, AdjustsUpwards) {
  for (const Json& row : Golden("holm")) {
    const std::vector<double> adjusted = AdjustHolm(row[0].get<std::vector<double>>());
    ASSERT_EQ(adjusted.size(), row[1].size());
    for (size_t i = 0; i < adjusted.size(); ++i) EXPECT_TRUE(CloseRelative(adjusted[i], row[1][i]));
  }
}

TEST(HolmTest, WhatIsUndefinedIsNoTest) {
  const std::vector<double> adjusted = AdjustHolm({0.02, kUndefined, 0.03});
  EXPECT_EQ(adjusted[0], 0.04);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_EQ(adjusted[2], 0.04);
}

TEST(ComparisonTest, PairsHaveTheirIntervalsAndTests) {
  int pairs = 0;
  for (const Json& row : Golden("comparisons")) {
    const ScoreTable table = {row["scores"].get<std::vector<std::vector<double>>>(),
                              row["group"].get<std::vector<int32_t>>(),
                              row["cluster"].get<std::vector<int32_t>>()};
    ComparisonOptions options;
    options.resamples = row["resamples"];
    options.seed = row["seed"];
    const absl::StatusOr<Comparison> comparison = CompareModels(table, options);
    ASSERT_TRUE(comparison.ok()) << comparison.status();
    ASSERT_EQ(comparison->pairs.size(), row["pairs"].size());
    for (size_t i = 0; i < comparison->pairs.size(); ++i) {
      const ComparedPair& pair = comparison->pairs[i];
      const Json& expected = row["pairs"][i];
      SCOPED_TRACE(expected.dump());
      ExpectEstimate(pair.difference, expected);
      ExpectInterval(pair.bootstrap, expected["bootstrap"]);
      ASSERT_EQ(pair.discordant.has_value(), expected.contains("discordant"));
      if (pair.discordant.has_value()) {
        EXPECT_EQ(pair.discordant->first, expected["discordant"][0]);
        EXPECT_EQ(pair.discordant->second, expected["discordant"][1]);
        EXPECT_TRUE(CloseRelative(pair.mcnemar, expected["mcnemar"]));
        EXPECT_TRUE(CloseRelative(pair.mcnemar_corrected, expected["mcnemar_corrected"]));
        EXPECT_TRUE(CloseRelative(pair.mcnemar_holm, expected["mcnemar_holm"]));
      }
      EXPECT_GE(pair.permutation_holm, pair.permutation.p_value);
      ++pairs;
    }
    for (size_t i = 0; i < comparison->models.size(); ++i) {
      EXPECT_EQ(comparison->models[i].ranks.best, row["ranks"][i][0]);
      EXPECT_EQ(comparison->models[i].ranks.worst, row["ranks"][i][1]);
    }
  }
  EXPECT_GT(pairs, 20);
}

TEST(ComparisonTest, RanksAndScores) {
  const ScoreTable table = {{{1, 0, 0, 1}, {1, 1, 1, 0}, {1, 0, 1, 0}}, {}, {}};
  const Comparison comparison = *CompareModels(table, {});
  EXPECT_EQ(comparison.models[0].rank, 2);
  EXPECT_EQ(comparison.models[1].rank, 1);
  EXPECT_EQ(comparison.models[2].rank, 2);
  EXPECT_EQ(comparison.models[1].score.value, 0.75);
  // Wilson's, which never leaves [0, 1].
  EXPECT_NEAR(comparison.models[1].score.interval.low, 0.3006, 1e-4);
  EXPECT_NEAR(comparison.models[1].score.interval.high, 0.9544, 1e-4);
  const ComparedPair& pair = comparison.pairs[0];
  EXPECT_EQ(pair.difference.value, -0.25);
  EXPECT_EQ(pair.discordant->first, 1);
  EXPECT_EQ(pair.discordant->second, 2);
  EXPECT_EQ(pair.mcnemar, 1);
}

TEST(ComparisonTest, TheSameSeedTheSameBits) {
  Random random(11);
  ScoreTable table;
  for (int model = 0; model < 3; ++model) {
    std::vector<double>& scores = table.scores.emplace_back();
    for (int i = 0; i < 400; ++i) scores.push_back(random.Below(3) == 0 ? 0.5 : 1);
  }
  for (int i = 0; i < 400; ++i) table.group.push_back(i % 7);
  const Comparison first = *CompareModels(table, {});
  const Comparison again = *CompareModels(table, {});
  ComparisonOptions other_seed;
  other_seed.seed = 2;
  const Comparison other = *CompareModels(table, other_seed);
  EXPECT_EQ(first.pairs[2].bootstrap.low, again.pairs[2].bootstrap.low);
  EXPECT_EQ(first.pairs[2].permutation.p_value, again.pairs[2].permutation.p_value);
  EXPECT_NE(first.pairs[2].bootstrap.low, other.pairs[2].bootstrap.low);
}

TEST(ComparisonTest, TablesThatAreNoneAreRefused) {
  const auto message = [](const ScoreTable& table) {
    return std::string(CompareModels(table, {}).status().message());
  };
  EXPECT_THAT(message({}), HasSubstr("no scores"));
  EXPECT_THAT(message({{{}}, {}, {}}), HasSubstr("no scores"));
  EXPECT_THAT(message({{{1, 0}, {1}}, {}, {}}), HasSubstr("has 1 scores, another has 2"));
  EXPECT_THAT(message({{{1, kUndefined}}, {}, {}}), HasSubstr("not a number"));
  EXPECT_THAT(message({{{1, 0}}, {0}, {}}), HasSubstr("1 group numbers for 2 items"));
  EXPECT_THAT(message({{{1, 0}}, {0, 2}, {}}), HasSubstr("group number 2 is out of range"));
  EXPECT_THAT(message({{{1, 0, 1}}, {}, {0, 2, 2}}), HasSubstr("cluster numbers have a gap"));
  EXPECT_THAT(message({{{1, 0}}, {0, 1}, {0, 0}}), HasSubstr("cluster 0 lies in two groups"));
}

}  // namespace
}  // namespace assay
