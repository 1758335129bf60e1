#include "worker/remote/rate_limiter.h"

#include <gtest/gtest.h>

#include "tests/unit/worker/remote/fakes.h"

namespace assay {
namespace {

TEST(TokenBucketTest, NoLimitNeverWaits) {
  TokenBucket bucket(0, absl::UnixEpoch());
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(bucket.Take(1e6, absl::UnixEpoch()), absl::ZeroDuration());
}

TEST(TokenBucketTest, NoMinuteHasMuchMoreThanTheRate) {
  TokenBucket bucket(60, absl::UnixEpoch());
  absl::Time now = absl::UnixEpoch();
  int sent = 0;
  while (now < absl::UnixEpoch() + absl::Minutes(1)) {
    now += bucket.Take(1, now);
    ++sent;
  }
  EXPECT_GE(sent, 60);
  EXPECT_LE(sent, 61);
}

TEST(TokenBucketTest, TurnsAreInTheOrderOfTaking) {
  TokenBucket bucket(60, absl::UnixEpoch());
  EXPECT_EQ(bucket.Take(1, absl::UnixEpoch()), absl::ZeroDuration());
  EXPECT_EQ(bucket.Take(1, absl::UnixEpoch()), absl::Seconds(1));
  EXPECT_EQ(bucket.Take(1, absl::UnixEpoch()), absl::Seconds(2));
  EXPECT_EQ(bucket.Take(1, absl::UnixEpoch() + absl::Seconds(5)), absl::ZeroDuration());
}

TEST(TokenBucketTest, WhatIsLargerThanTheBucketGoesAndIsPaidForLater) {
  TokenBucket bucket(600, absl::UnixEpoch());  // ten a second
  EXPECT_EQ(bucket.Take(100, absl::UnixEpoch()), absl::ZeroDuration());
  EXPECT_EQ(bucket.Take(10, absl::UnixEpoch()), absl::Seconds(10));
}

TEST(TokenBucketTest, WhatWasNotUsedComesBack) {
  TokenBucket bucket(600, absl::UnixEpoch());
  bucket.Take(100, absl::UnixEpoch());
  bucket.Correct(-90);
  EXPECT_EQ(bucket.Take(10, absl::UnixEpoch()), absl::Seconds(1));
}

TEST(RateLimiterTest, TheStricterLimitHolds) {
  TestClock clock;
  RateLimiter limiter(60, 600, &clock);
  EXPECT_EQ(limiter.Take(5), absl::ZeroDuration());
  EXPECT_EQ(limiter.Take(5), absl::Seconds(1));    // by requests
  EXPECT_EQ(limiter.Take(100), absl::Seconds(2));  // tokens would do at once
  EXPECT_EQ(limiter.Take(10), absl::Seconds(11));  // by tokens
}

TEST(RateLimiterTest, APauseHoldsForAll) {
  TestClock clock;
  RateLimiter limiter(0, 0, &clock);
  limiter.PauseUntil(clock.Now() + absl::Seconds(7));
  limiter.PauseUntil(clock.Now() + absl::Seconds(3));
  EXPECT_EQ(limiter.Take(1), absl::Seconds(7));
  clock.Sleep(absl::Seconds(8));
  EXPECT_EQ(limiter.Take(1), absl::ZeroDuration());
}

}  // namespace
}  // namespace assay
