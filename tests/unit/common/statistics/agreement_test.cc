#include "common/statistics/agreement.h"

#include "common/statistics/rank_correlation.h"
#include "tests/unit/common/statistics/golden.h"

namespace assay {
namespace {

TEST(RankCorrelationTest, SpearmanAndKendall) {
  int exact = 0;
  const Json& golden = Golden("correlations");
  for (const Json& row : golden) {
    SCOPED_TRACE(row.dump());
    const auto x = row["x"].get<std::vector<double>>();
    const auto y = row["y"].get<std::vector<double>>();
    const Correlation kendall = KendallTauB(x, y);
    EXPECT_TRUE(Close(kendall.value, row["kendall"][0]));
    EXPECT_TRUE(Close(kendall.p_value, row["kendall"][1]));
    const Correlation spearman = Spearman(x, y);
    EXPECT_TRUE(Close(spearman.value, row["spearman"][0]));
    EXPECT_TRUE(Close(spearman.p_value, row["spearman"][1]));
    if (kendall.exact) ++exact;
  }
  EXPECT_GT(exact, 20);
  EXPECT_LT(exact, static_cast<int>(golden.size()));
}

TEST(RankCorrelationTest, EqualValuesShareTheirRank) {
  EXPECT_EQ(AverageRanks({3, 1, 3, 2}), (std::vector<double>{3.5, 1, 3.5, 2}));
}

TEST(AgreementTest, KrippendorffsAlpha) {
  for (const Json& row : Golden("alphas")) {
    SCOPED_TRACE(row.dump());
    Ratings ratings;
    for (const Json& of_rater : row["ratings"]) {
      ratings.emplace_back();
      for (const Json& rating : of_rater) {
        ratings.back().push_back(rating.is_null() ? std::nullopt
                                                  : std::optional<double>(rating.get<double>()));
      }
    }
    EXPECT_TRUE(Close(KrippendorffAlpha(ratings, Level::kNominal), row["nominal"]));
    EXPECT_TRUE(Close(KrippendorffAlpha(ratings, Level::kOrdinal), row["ordinal"]));
    EXPECT_TRUE(Close(KrippendorffAlpha(ratings, Level::kInterval), row["interval"]));
  }
  EXPECT_TRUE(std::isnan(KrippendorffAlpha({}, Level::kNominal)));
}

TEST(AgreementTest, CohensKappa) {
  for (const Json& row : Golden("kappas")) {
    SCOPED_TRACE(row.dump());
    const auto first = row["first"].get<std::vector<int32_t>>();
    const auto second = row["second"].get<std::vector<int32_t>>();
    const int32_t categories = row["categories"];
    EXPECT_TRUE(Close(CohenKappa(first, second, categories, KappaWeights::kNone), row["none"]));
    EXPECT_TRUE(Close(CohenKappa(first, second, categories, KappaWeights::kLinear), row["linear"]));
    EXPECT_TRUE(
        Close(CohenKappa(first, second, categories, KappaWeights::kQuadratic), row["quadratic"]));
  }
}

}  // namespace
}  // namespace assay
