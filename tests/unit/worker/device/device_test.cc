#include "worker/device/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "worker/device/cuda.h"

namespace assay {
namespace {

using testing::HasSubstr;

TEST(DeviceTest, NamesAreReadAndWritten) {
  for (const char* name : {"cpu", "cuda:0", "cuda:7"}) {
    const auto device = Device::Parse(name);
    ASSERT_TRUE(device.ok()) << device.status();
    EXPECT_EQ(device->Name(), name);
  }
  EXPECT_EQ(Device::Parse("cuda")->Name(), "cuda:0");
  EXPECT_TRUE(Device::Parse("cpu")->is_cpu());
  EXPECT_FALSE(Device::Parse("cuda:1")->is_cpu());
}

TEST(DeviceTest, OtherNamesAreRefused) {
  for (const char* name : {"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cuda:128", "cuda:1x", "CPU"}) {
    const auto device = Device::Parse(name);
    EXPECT_TRUE(absl::IsInvalidArgument(device.status())) << name;
    EXPECT_THAT(std::string(device.status().message()), HasSubstr("cuda:N"));
  }
}

TEST(CudaTest, AMissingLibraryIsNamed) {
  const absl::Status status = OpenCuda(*Device::Parse("cuda:0"), "libassay_no_such_library.so");
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("libassay_no_such_library.so: cannot open"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("deploy/setup cuda"));
}

// Where there is a GPU it can be opened; elsewhere the reason is said, and nothing ends.
TEST(CudaTest, OpensOrSaysWhyNot) {
  const absl::Status status = OpenCuda(*Device::Parse("cuda:0"));
  if (!status.ok()) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                testing::AnyOf(HasSubstr("needs libtorch_cuda.so"), HasSubstr("no CUDA driver")));
    return;
  }
  const auto facts = ReadCudaFacts(Device{Device::Type::kCuda, 0});
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(facts->architecture, testing::StartsWith("sm"));
  EXPECT_GT(facts->free_bytes, 0);
  EXPECT_LE(facts->free_bytes, facts->total_bytes);
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenCuda(Device{Device::Type::kCuda, 127})));
}

TEST(CudaTest, TheCacheLeavesAReserve) {
  constexpr int64_t kGibibyte = int64_t{1} << 30;
  EXPECT_EQ(KvCacheBytesFor(60 * kGibibyte, 80 * kGibibyte), 52 * kGibibyte);
  EXPECT_EQ(KvCacheBytesFor(6 * kGibibyte, 8 * kGibibyte), 5 * kGibibyte);
  EXPECT_EQ(KvCacheBytesFor(kGibibyte / 2, 80 * kGibibyte), 0);
}

}  // namespace
}  // namespace assay
