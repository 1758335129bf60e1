#include "common/base/loopback.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(LoopbackTest, AddressesOfThisMachineAreToldFromNamesThatLookLikeThem) {
  for (const char* own : {"localhost:1", "LOCALHOST:1", "127.0.0.1:1", "127.8.9.1:1", "[::1]:1",
                          "::1", "[::1]", "127.0.0.1", "localhost"}) {
    EXPECT_TRUE(IsLoopbackAddress(own)) << own;
  }
  for (const char* other : {"", ":1", "127.0.0.1.example:1", "127.example:1", "0.0.0.0:1", "[::]:1",
                            "128.0.0.1:1", "localhost.example:1", "[::1", "[127.0.0.1"}) {
    EXPECT_FALSE(IsLoopbackAddress(other)) << other;
  }
}

}  // namespace
}  // namespace assay
