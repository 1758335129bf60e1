#include "worker/engine/prefix_keys.h"

#include <gtest/gtest.h>

#include <set>

namespace assay {
namespace {

TEST(PrefixKeysTest, EqualPrefixesHaveOneKeyWhileTheyAreInUse) {
  PrefixKeys keys;
  const std::vector<int32_t> first = {1, 2, 3}, longer = {1, 2, 3, 4};
  const int32_t key = keys.Acquire(first);
  EXPECT_LT(key, 0);
  EXPECT_NE(keys.Acquire(longer), key);
  EXPECT_EQ(keys.Acquire(first), key);
  keys.Release(first);
  EXPECT_EQ(keys.Acquire(first), key);
  keys.Release(first);
  keys.Release(first);
  // What is still cached under the old key may be of whatever follows.
  EXPECT_NE(keys.Acquire(first), key);
}

TEST(PrefixKeysTest, NoKeyIsGivenTwice) {
  PrefixKeys keys;
  std::set<int32_t> given;
  for (int32_t i = 0; i < 1000; ++i) {
    const std::vector<int32_t> prefix = {i % 7};
    EXPECT_TRUE(given.insert(keys.Acquire(prefix)).second);
    keys.Release(prefix);
  }
}

}  // namespace
}  // namespace assay
