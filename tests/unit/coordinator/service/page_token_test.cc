#include "coordinator/service/page_token.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(PageTokenTest, ComesBack) {
  const PredictionPosition position = DecodePageToken(EncodePageToken({7, 123456, 2})).value();
  EXPECT_EQ(position.run_id, 7);
  EXPECT_EQ(position.ordinal, 123456);
  EXPECT_EQ(position.sample_index, 2);
  EXPECT_EQ(DecodePageToken("")->run_id, 0);
}

TEST(PageTokenTest, RefusesWhatIsNone) {
  for (const char* token : {"x", "AAAA", "MTox", "MToxOjk5OTk5OTk5OTk5OjA"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(DecodePageToken(token).status())) << token;
  }
}

}  // namespace
}  // namespace assay
