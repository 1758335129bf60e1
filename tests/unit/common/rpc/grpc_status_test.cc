#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

TEST(GrpcStatusTest, LongMessagesAreCutBetweenCharacters) {
  const std::string plain(6000, 'x');
  EXPECT_EQ(ToGrpcStatus(absl::NotFoundError(plain)).error_message(), plain);
  EXPECT_EQ(ToGrpcStatus(absl::NotFoundError(plain + "y")).error_message(), plain + " ...");

  std::string accents;
  for (int i = 0; i < 5000; ++i) accents += "\u00e9";
  const std::string cut = ToGrpcStatus(absl::NotFoundError(accents)).error_message();
  EXPECT_EQ(cut.size(), 2000 + 4u);
  EXPECT_TRUE(absl::EndsWith(cut, "\u00e9 ..."));
}

}  // namespace
}  // namespace assay
