#include "client/up/restart_backoff.h"

#include <vector>

#include "gtest/gtest.h"

namespace assay {
namespace {

TEST(RestartBackoffTest, DoublesUpToHalfAMinute) {
  RestartBackoff backoff;
  std::vector<int64_t> waits;
  for (int i = 0; i < 7; ++i) waits.push_back(absl::ToInt64Seconds(backoff.Next(absl::Seconds(5))));
  EXPECT_EQ(waits, (std::vector<int64_t>{1, 2, 4, 8, 16, 30, 30}));
}

TEST(RestartBackoffTest, ForgetsAfterAMinuteOfLife) {
  RestartBackoff backoff;
  for (int i = 0; i < 4; ++i) backoff.Next(absl::ZeroDuration());
  EXPECT_EQ(backoff.Next(absl::Minutes(1)), absl::Seconds(1));
}

}  // namespace
}  // namespace assay
