// Exchanges of tensors on devices: through the hosts' memory on libtorch's CPU device; of NCCL,
// which needs GPUs, what comes before the first exchange.
#include "worker/parallel/device_group.h"

#include <ATen/ATen.h>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/unit/worker/parallel/group_runner.h"
#include "worker/parallel/agreement.h"
#include "worker/parallel/nccl.h"

namespace assay {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(HostDeviceGroupTest, TensorsComeTogetherInOrder) {
  for (const int64_t count : {2, 3}) {
    InGroup(count, [count](TensorParallel* group) {
      const std::unique_ptr<DeviceGroup> devices = MakeHostDeviceGroup(group);
      const Share share = devices->share();
      EXPECT_EQ(share.count, count);
      for (const at::ScalarType type : {at::kFloat, at::kBFloat16, at::kHalf}) {
        const at::Tensor mine =
            at::arange(6, at::TensorOptions().dtype(type)).view({2, 3}) + 10 * share.index;
        const at::Tensor all = at::zeros({count, 2, 3}, mine.options());
        ASSERT_TRUE(devices->AllGather(mine, all).ok());
        for (int64_t i = 0; i < count; ++i) {
          EXPECT_TRUE(at::equal(all.select(0, i), mine + 10 * (i - share.index)));
        }
      }
      EXPECT_TRUE(devices->Wait().ok());
    });
  }
}

TEST(HostDeviceGroupTest, AProcessThatEndsIsNoticed) {
  InGroup(2, [](TensorParallel* group) {
    if (group->share().index == 1) return;
    const at::Tensor all = at::zeros({2, 4});
    const absl::Status status = MakeHostDeviceGroup(group)->AllGather(at::ones({4}), all);
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  });
}

TEST(AgreementTest, TheFirstRefusalIsEveryones) {
  InGroup(3, [](TensorParallel* group) {
    EXPECT_TRUE(AgreeOn(group, absl::OkStatus()).ok());
    const absl::Status agreed = AgreeOn(
        group, group->share().index == 0 ? absl::OkStatus() : absl::NotFoundError("no file"));
    EXPECT_EQ(agreed, absl::NotFoundError("process 1 of the group: no file"));
  });
}

TEST(NcclTest, AMissingLibraryIsNamedInAllProcesses) {
  InGroup(2, [](TensorParallel* group) {
    NcclOptions options;
    if (group->share().index == 1) options.library = "libassay-no-nccl.so.2";
    if (group->share().index == 0) options.library = "libc.so.6";
    const auto joined = JoinNccl(group, options);
    EXPECT_TRUE(absl::IsFailedPrecondition(joined.status())) << joined.status();
    EXPECT_THAT(std::string(joined.status().message()),
                HasSubstr("libc.so.6 has no function ncclGetUniqueId"));
  });
  InGroup(2, [](TensorParallel* group) {
    NcclOptions options;
    options.library = "libassay-no-nccl.so.2";
    const auto joined = JoinNccl(group, options);
    EXPECT_THAT(std::string(joined.status().message()),
                AllOf(HasSubstr("libassay-no-nccl.so.2"), HasSubstr("deploy/setup cuda"),
                      HasSubstr("--exchange host")));
  });
}

// The library itself has what is asked of it, and says what a machine without a GPU lacks.
TEST(NcclTest, WithoutAGpuTheLibrarySaysSo) {
  const std::string path = ASSAY_NCCL;
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) == nullptr) {
    GTEST_SKIP() << "no NCCL here: " << dlerror();
  }
  if (dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) != nullptr) {
    GTEST_SKIP() << "this machine has NVIDIA's driver";
  }
  InGroup(2, [&path](TensorParallel* group) {
    NcclOptions options;
    options.library = path;
    const auto joined = JoinNccl(group, options);
    EXPECT_TRUE(absl::IsUnavailable(joined.status())) << joined.status();
    EXPECT_THAT(std::string(joined.status().message()), HasSubstr("NCCL: cannot"));
  });
}

}  // namespace
}  // namespace assay
