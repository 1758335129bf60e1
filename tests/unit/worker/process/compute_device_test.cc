#include "worker/process/compute_device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "worker/process/engine_identity.h"

namespace assay {
namespace {

TEST(ComputeDeviceTest, TheCpuIsMeasuredAndNamesItsKernels) {
  const auto device = OpenComputeDevice("cpu");
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_TRUE(device->device.is_cpu());
  EXPECT_EQ(device->engine, EngineIdentity());
  EXPECT_GT(device->gflops.at("float32"), 0.0);
}

TEST(ComputeDeviceTest, WhatIsNoDeviceIsRefused) {
  EXPECT_TRUE(absl::IsInvalidArgument(OpenComputeDevice("tpu").status()));
}

TEST(ComputeDeviceTest, AnEngineIsNamedByItsArchitecture) {
  EXPECT_THAT(DeviceEngineIdentity("sm90"), testing::EndsWith("/cuda-sm90"));
}

}  // namespace
}  // namespace assay
