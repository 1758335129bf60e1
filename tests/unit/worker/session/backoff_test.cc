#include "worker/session/backoff.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(BackoffTest, DoublesUpToTheLongestAndStartsAgain) {
  Backoff backoff(absl::Milliseconds(200), absl::Seconds(1), [] { return 1.0; });
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(400));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(800));
  EXPECT_EQ(backoff.Next(), absl::Seconds(1));
  EXPECT_EQ(backoff.Next(), absl::Seconds(1));
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
}

TEST(BackoffTest, WaitsAtLeastHalf) {
  Backoff backoff(absl::Milliseconds(200), absl::Seconds(1), [] { return 0.0; });
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
}

}  // namespace
}  // namespace assay
