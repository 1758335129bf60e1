#include "coordinator/schedule/speed_meter.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(SpeedMeterTest, TellsHowASlowWorkerComparesWithItsKind) {
  SpeedMeter meter;
  const absl::Time begin = absl::UnixEpoch();
  EXPECT_FALSE(meter.Of("w").measured);
  meter.Granted("w", 1, /*seconds=*/10, /*load_seconds=*/0, begin);
  meter.Granted("w", 2, 10, 0, begin);
  EXPECT_EQ(meter.Of("w").busy_since, begin);
  meter.Committed(1, begin + absl::Seconds(100));
  EXPECT_TRUE(meter.Of("w").measured);
  EXPECT_NEAR(meter.Of("w").factor, 0.1, 1e-9);
  EXPECT_EQ(meter.Of("w").busy_since, begin + absl::Seconds(100));
  meter.Committed(2, begin + absl::Seconds(200));
  EXPECT_NEAR(meter.Of("w").factor, 0.1, 1e-9);
  EXPECT_EQ(meter.Of("w").busy_since, absl::InfiniteFuture());
}

TEST(SpeedMeterTest, ALoadDoesNotCount) {
  SpeedMeter meter;
  const absl::Time begin = absl::UnixEpoch();
  meter.Granted("w", 1, 20, 30, begin);
  meter.Committed(1, begin + absl::Seconds(50));
  EXPECT_NEAR(meter.Of("w").factor, 1, 1e-9);
}

TEST(SpeedMeterTest, TimeWithoutLeasesDoesNotCount) {
  SpeedMeter meter;
  const absl::Time begin = absl::UnixEpoch();
  meter.Granted("w", 1, 10, 0, begin);
  meter.Ended(1, begin + absl::Seconds(1));
  EXPECT_EQ(meter.Of("w").busy_since, absl::InfiniteFuture());
  meter.Granted("w", 2, 10, 0, begin + absl::Seconds(1000));
  meter.Committed(2, begin + absl::Seconds(1010));
  EXPECT_NEAR(meter.Of("w").factor, 1, 1e-9);
  meter.Committed(7, begin);  // that it does not know
}

}  // namespace
}  // namespace assay
