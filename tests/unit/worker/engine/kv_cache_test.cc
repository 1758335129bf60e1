#include "worker/engine/kv_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace assay {
namespace {

constexpr int64_t kBlock = 64;
constexpr int64_t kAll = 1 << 20;

std::vector<int32_t> Tokens(int64_t count, int32_t first = 0) {
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

class KvCacheTest : public testing::Test {
 protected:
  // Admits and computes all of it.
  KvCache::Hold Take(KvCache& cache, const std::vector<int32_t>& tokens) {
    KvCache::Hold hold;
    const int64_t size = static_cast<int64_t>(tokens.size());
    EXPECT_TRUE(cache.Admit(tokens, size - 1, size, &hold, &copies_));
    shared_ = hold.tokens;
    cache.Extend(&hold, absl::MakeConstSpan(tokens).subspan(static_cast<size_t>(hold.tokens)));
    cache.EndStep();
    return hold;
  }

  std::vector<BlockCopy> copies_;
  int64_t shared_ = 0;
};

TEST_F(KvCacheTest, SharesFullBlocksAndCopiesParts) {
  KvCache cache(16);
  std::vector<int32_t> first = Tokens(150);
  KvCache::Hold a = Take(cache, first);
  EXPECT_EQ(shared_, 0);
  EXPECT_TRUE(copies_.empty());

  std::vector<int32_t> second = first;
  second[140] = -1;
  KvCache::Hold b = Take(cache, second);
  EXPECT_EQ(shared_, 140);
  ASSERT_EQ(copies_.size(), 1u);
  EXPECT_EQ(copies_[0].tokens, 140 - 2 * kBlock);
  EXPECT_EQ(copies_[0].from, KvCache::Blocks(a)[2]);
  EXPECT_EQ(copies_[0].to, KvCache::Blocks(b)[2]);
  EXPECT_EQ(KvCache::Blocks(a)[1], KvCache::Blocks(b)[1]);
  EXPECT_EQ(cache.free_blocks(), 16 - 4);
  cache.Release(&a, kAll);
  cache.Release(&b, kAll);
  EXPECT_EQ(cache.free_blocks(), 16);
}

TEST_F(KvCacheTest, TheSamePromptIsSharedButForItsLastToken) {
  KvCache cache(16);
  KvCache::Hold a = Take(cache, Tokens(2 * kBlock));
  KvCache::Hold b = Take(cache, Tokens(2 * kBlock));
  EXPECT_EQ(shared_, 2 * kBlock - 1);
}

TEST_F(KvCacheTest, EvictsTheLongestUnusedFirstAndNeverWhatIsHeld) {
  KvCache cache(4);
  KvCache::Hold old = Take(cache, Tokens(kBlock, 1000));
  KvCache::Hold recent = Take(cache, Tokens(kBlock, 2000));
  KvCache::Hold held = Take(cache, Tokens(kBlock, 3000));
  cache.Release(&old, kAll);
  cache.Release(&recent, kAll);
  KvCache::Hold big = Take(cache, Tokens(2 * kBlock, 4000));  // the free one, and the old one's
  KvCache::Hold hold;
  EXPECT_TRUE(cache.Admit(Tokens(kBlock + 1, 2000), kBlock, kBlock, &hold, &copies_));
  EXPECT_EQ(hold.tokens, kBlock) << "the recent one is still there";
  cache.Release(&hold, kAll);
  EXPECT_FALSE(cache.Admit(Tokens(2 * kBlock, 5000), 2 * kBlock - 1, 2 * kBlock, &hold, &copies_));
  EXPECT_TRUE(hold.path.empty());
}

TEST_F(KvCacheTest, ReservationsAreKept) {
  KvCache cache(3);
  KvCache::Hold a;
  ASSERT_TRUE(cache.Admit(Tokens(1), 0, 2 * kBlock, &a, &copies_));
  KvCache::Hold b;
  EXPECT_FALSE(cache.Admit(Tokens(1, 7), 0, 2 * kBlock, &b, &copies_));
  ASSERT_TRUE(cache.Admit(Tokens(1, 7), 0, kBlock, &b, &copies_));
  cache.Extend(&a, Tokens(2 * kBlock));
  cache.Extend(&b, Tokens(kBlock, 7));
  cache.Release(&a, kAll);
  EXPECT_EQ(cache.free_blocks(), 2);
  cache.Release(&b, kAll);
}

TEST_F(KvCacheTest, TheSourceOfACopyOutlivesItsStep) {
  KvCache cache(3);
  KvCache::Hold a = Take(cache, Tokens(40));
  cache.Release(&a, kAll);
  KvCache::Hold b, c;
  ASSERT_TRUE(cache.Admit(Tokens(50), 49, 50, &b, &copies_));
  ASSERT_EQ(copies_.size(), 1u);
  // The other free block may be taken in the same step, the source not.
  ASSERT_TRUE(cache.Admit(Tokens(10, 900), 9, 10, &c, &copies_));
  cache.Extend(&c, Tokens(10, 900));
  EXPECT_NE(KvCache::Blocks(c)[0], copies_[0].from);
  KvCache::Hold d;
  EXPECT_FALSE(cache.Admit(Tokens(10, 700), 9, 10, &d, &copies_));
  cache.EndStep();
  EXPECT_TRUE(cache.Admit(Tokens(10, 700), 9, 10, &d, &copies_));
}

TEST_F(KvCacheTest, BlocksThatNobodyWantsAreFreedAtOnce) {
  KvCache cache(16);
  KvCache::Hold a = Take(cache, Tokens(200));
  std::vector<int32_t> other = Tokens(200);
  other[70] = -1;
  KvCache::Hold b = Take(cache, other);
  // The first block is shared, the second was copied from; of the others only what is wanted stays.
  cache.Release(&a, 130);
  cache.Release(&b, 0);
  EXPECT_EQ(cache.free_blocks(), 16);
  KvCache::Hold again = Take(cache, Tokens(200));
  EXPECT_EQ(shared_, 3 * kBlock);
  KvCache::Hold gone = Take(cache, other);
  EXPECT_EQ(shared_, 70);
}

// Random prompts of few distinct tokens, so that they share much: what a hold's blocks spell must
// always be its tokens.
TEST_F(KvCacheTest, BlocksAlwaysHoldTheirTokens) {
  std::mt19937 random(3);
  KvCache cache(12);
  std::vector<std::vector<int32_t>> content(12, std::vector<int32_t>(kBlock, -1));
  std::vector<std::pair<KvCache::Hold, std::vector<int32_t>>> held;
  int admitted = 0;
  for (int step = 0; step < 3000; ++step) {
    if (!held.empty() && random() % 2 == 0) {
      const size_t at = random() % held.size();
      cache.Release(&held[at].first, static_cast<int64_t>(random() % 200));
      held.erase(held.begin() + static_cast<int64_t>(at));
      continue;
    }
    std::vector<int32_t> tokens(1 + random() % 200);
    // Mostly zeros: long common prefixes.
    for (int32_t& token : tokens) token = random() % 50 == 0 ? 1 : 0;
    KvCache::Hold hold;
    std::vector<BlockCopy> copies;
    const int64_t size = static_cast<int64_t>(tokens.size());
    if (!cache.Admit(tokens, size - 1, size, &hold, &copies)) continue;
    ++admitted;
    const int64_t first = hold.tokens;
    cache.Extend(&hold, absl::MakeConstSpan(tokens).subspan(static_cast<size_t>(first)));
    const std::vector<int32_t> blocks = KvCache::Blocks(hold);
    for (int64_t i = first; i < size; ++i) {
      content[static_cast<size_t>(blocks[static_cast<size_t>(i / kBlock)])]
             [static_cast<size_t>(i % kBlock)] = tokens[static_cast<size_t>(i)];
    }
    for (const BlockCopy& copy : copies) {
      std::copy_n(content[static_cast<size_t>(copy.from)].begin(), copy.tokens,
                  content[static_cast<size_t>(copy.to)].begin());
    }
    cache.EndStep();
    held.emplace_back(std::move(hold), tokens);
    for (const auto& [other, spelled] : held) {
      const std::vector<int32_t> theirs = KvCache::Blocks(other);
      for (size_t i = 0; i < spelled.size(); ++i) {
        ASSERT_EQ(content[static_cast<size_t>(theirs[i / kBlock])][i % kBlock], spelled[i]);
      }
    }
  }
  EXPECT_GT(admitted, 500);
  for (auto& [hold, tokens] : held) cache.Release(&hold, kAll);
  EXPECT_EQ(cache.free_blocks(), 12);
  cache.Clear();
  EXPECT_EQ(cache.free_blocks(), 12);
}

}  // namespace
}  // namespace assay
