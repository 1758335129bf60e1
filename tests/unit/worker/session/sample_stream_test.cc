#include "worker/session/sample_stream.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

// Of Python: hashlib.sha256(b"assay sample 1\0" b"42\0" b"human_eval/HumanEval/0\0" b"3").
TEST(SampleStreamTest, IsTheDigestOfSeedItemAndIndex) {
  const RandomStream stream = SampleStream(42, "human_eval/HumanEval/0", 3);
  EXPECT_EQ(stream.key, 0xa44f0f40c9578567);
  EXPECT_EQ(stream.nonce, 0xd8b791977181d1a6);
}

TEST(SampleStreamTest, NothingRunsTogether) {
  const auto key = [](int64_t seed, const char* item, int sample) {
    return SampleStream(seed, item, sample).key;
  };
  EXPECT_NE(key(1, "1", 1), key(11, "", 1));
  EXPECT_NE(key(1, "a", 11), key(1, "a1", 1));
  EXPECT_NE(key(0, "a", 0), key(0, "a", 1));
}

}  // namespace
}  // namespace assay
