#include "coordinator/security/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/sha256.h"

namespace assay {
namespace {

TEST(TokenTest, IsRandomAndHasItsForm) {
  std::set<std::string> texts;
  std::set<std::string> lookups;
  for (int i = 0; i < 100; ++i) {
    const NewToken token = MakeToken().value();
    EXPECT_THAT(token.text, testing::MatchesRegex("assay_[0-9a-f]{16}_[A-Za-z0-9_-]{43}"));
    EXPECT_EQ(LookupOfToken(token.text), token.lookup);
    EXPECT_EQ(token.sha256, Sha256Hex(token.text));
    texts.insert(token.text);
    lookups.insert(token.lookup);
  }
  EXPECT_EQ(texts.size(), 100);
  EXPECT_EQ(lookups.size(), 100);
}

TEST(TokenTest, WhatIsNoTokenHasNoLookup) {
  const std::string good = MakeToken()->text;
  std::string upper = good;
  upper[6] = 'A';
  for (const std::string& text :
       {std::string(), std::string("assay_"), good + "x", good.substr(1), good.substr(0, 65), upper,
        std::string(66, '\0'), std::string(10000, 'a')}) {
    EXPECT_EQ(LookupOfToken(text), "") << text;
  }
}

TEST(TokenTest, DigestsAreTheSameOrNot) {
  EXPECT_TRUE(SameDigest("abc", "abc"));
  EXPECT_FALSE(SameDigest("abc", "abd"));
  EXPECT_FALSE(SameDigest("abc", "ab"));
}

}  // namespace
}  // namespace assay
