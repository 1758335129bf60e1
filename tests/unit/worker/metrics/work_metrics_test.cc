#include "worker/metrics/work_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include <string>
#include <vector>

#include "worker/metrics/device_metrics.h"

namespace assay {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(WorkMetricsTest, FailuresAreCountedByTheirPart) {
  prometheus::Registry registry;
  WorkMetrics metrics(&registry);
  metrics.Prepared(absl::Milliseconds(3));
  std::vector<Prediction> predictions(3);
  predictions[1].error = "cannot run";
  metrics.Reported({{}, predictions}, absl::Seconds(2));
  metrics.Reported({{}, ShardFailure{"no memory", false, false, FailedPart::kLoad}},
                   absl::Seconds(1));
  metrics.Reported({{}, ShardFailure{"it ends", false, /*returned=*/true}}, absl::Seconds(1));
  const std::string text = prometheus::TextSerializer().Serialize(registry.Collect());
  EXPECT_THAT(text, HasSubstr("assay_worker_tokenization_duration_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_shard_duration_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_shard_duration_seconds_sum 2\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_shard_failures_total{part=\"load\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_shard_failures_total{part=\"other\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("assay_worker_item_errors_total 1\n"));
}

TEST(DeviceMetricsTest, TellsOfThisMachine) {
  const DeviceMetrics metrics("cpu", ReadMachineUse());
  metrics.Collect();
  const std::string text = prometheus::TextSerializer().Serialize(metrics.Collect());
  EXPECT_THAT(text, ContainsRegex("assay_device_memory_bytes\\{device=\"cpu\"\\} [1-9]"));
  EXPECT_THAT(text, ContainsRegex("assay_device_memory_used_bytes\\{device=\"cpu\"\\} [1-9]"));
  EXPECT_THAT(text, ContainsRegex("assay_device_utilization_ratio\\{device=\"cpu\"\\} [01]"));
}

TEST(DeviceMetricsTest, ADeviceThatTellsNothingIsLeftOut) {
  const DeviceMetrics metrics("cuda:0", [] { return absl::UnavailableError("no driver"); });
  EXPECT_THAT(metrics.Collect(), IsEmpty());
}

TEST(NvmlTest, SaysWhatIsMissing) {
  const auto nvml = Nvml::Open("0000:00:00.0", "libno-such-library.so.1");
  EXPECT_TRUE(absl::IsFailedPrecondition(nvml.status()));
  EXPECT_THAT(std::string(nvml.status().message()), HasSubstr("libno-such-library.so.1"));
  // A library without the functions.
  EXPECT_TRUE(absl::IsFailedPrecondition(Nvml::Open("0000:00:00.0", "libm.so.6").status()));
}

}  // namespace
}  // namespace assay
