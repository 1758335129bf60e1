#include "worker/process/engine_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/version.h"

namespace assay {
namespace {

TEST(EngineIdentityTest, NamesTheVersionAndTheKernels) {
  const std::string prefix = absl::StrCat(kEngineVersion, "/");
  EXPECT_THAT(EngineIdentity(), testing::AnyOf(prefix + "avx2", prefix + "avx512", prefix + "amx"));
}

}  // namespace
}  // namespace assay
