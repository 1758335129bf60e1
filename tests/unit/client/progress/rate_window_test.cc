#include "client/progress/rate_window.h"

#include "gtest/gtest.h"

namespace assay {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
absl::Time At(double seconds) { return kStart + absl::Seconds(seconds); }

TEST(RateWindowTest, KnowsNothingInTheFirstSecond) {
  RateWindow window(absl::Seconds(10));
  EXPECT_EQ(window.PerSecond(At(0)), 0);
  window.Add(At(0), 0);
  window.Add(At(0.5), 100);
  EXPECT_EQ(window.PerSecond(At(0.9)), 0);
  EXPECT_DOUBLE_EQ(window.PerSecond(At(2)), 50);
}

TEST(RateWindowTest, ForgetsWhatIsOlderThanTheWindow) {
  RateWindow window(absl::Seconds(10));
  for (int second = 0; second <= 100; ++second) {
    window.Add(At(second), second < 50 ? 0 : (second - 50) * 8.0);
  }
  EXPECT_DOUBLE_EQ(window.PerSecond(At(100)), 8);
}

TEST(RateWindowTest, FallsWhileNothingHappens) {
  RateWindow window(absl::Seconds(10));
  window.Add(At(0), 0);
  window.Add(At(5), 50);
  EXPECT_DOUBLE_EQ(window.PerSecond(At(5)), 10);
  EXPECT_DOUBLE_EQ(window.PerSecond(At(50)), 1);
}

TEST(RateWindowTest, StartsAnewWhenTheCounterGoesBack) {
  RateWindow window(absl::Seconds(10));
  window.Add(At(0), 100);
  window.Add(At(2), 20);
  window.Add(At(4), 40);
  EXPECT_DOUBLE_EQ(window.PerSecond(At(4)), 10);
}

}  // namespace
}  // namespace assay
