// The cache of a recurrent model, whose blocks hold the state behind their last token.
#include <gtest/gtest.h>

#include <map>
#include <numeric>
#include <random>

#include "worker/engine/kv_cache.h"

namespace assay {
namespace {

constexpr int64_t kBlock = 64;
constexpr int64_t kAll = 1 << 20;

std::vector<int32_t> Tokens(int64_t count) {
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  std::iota(tokens.begin(), tokens.end(), 0);
  return tokens;
}

absl::Span<const int32_t> Part(const std::vector<int32_t>& tokens, int64_t first, int64_t end) {
  return absl::MakeConstSpan(tokens).subspan(static_cast<size_t>(first),
                                             static_cast<size_t>(end - first));
}

TEST(KvCacheStatesTest, OnlyWholeBlocksAndSnapshotsAreShared) {
  KvCache cache(16, /*recurrent=*/true);
  const std::vector<int32_t> first = Tokens(150);
  KvCache::Hold a;
  std::vector<BlockCopy> copies;
  ASSERT_TRUE(cache.Admit(first, 149, 150, &a, &copies));
  cache.Extend(&a, Part(first, 0, 140));
  const std::optional<int32_t> kept = cache.Snapshot(a);
  ASSERT_TRUE(kept.has_value());
  EXPECT_FALSE(cache.Snapshot(a).has_value()) << "there is one already";
  cache.Extend(&a, Part(first, 140, 150));
  cache.EndStep();

  // As far as the snapshot.
  std::vector<int32_t> second = first;
  second[145] = 9999;
  KvCache::Hold b;
  ASSERT_TRUE(cache.Admit(second, 149, 150, &b, &copies));
  EXPECT_EQ(b.tokens, 140);
  ASSERT_EQ(copies.size(), 1u);
  EXPECT_EQ(copies[0].from, *kept);
  EXPECT_EQ(copies[0].to, KvCache::Blocks(b)[2]);
  EXPECT_EQ(copies[0].tokens, 140 - 2 * kBlock);
  cache.EndStep();

  // Not as far as that: whole blocks.
  std::vector<int32_t> third = first;
  third[139] = 9999;
  KvCache::Hold c;
  ASSERT_TRUE(cache.Admit(third, 149, 150, &c, &copies));
  EXPECT_EQ(c.tokens, 2 * kBlock);
  EXPECT_EQ(copies.size(), 1u);

  for (KvCache::Hold* hold : {&a, &b, &c}) cache.Release(hold, 0);
  EXPECT_EQ(cache.free_blocks(), 16);
}

TEST(KvCacheStatesTest, ASnapshotTakesNoBlockThatSomebodyNeeds) {
  KvCache cache(3, /*recurrent=*/true);
  const std::vector<int32_t> tokens = Tokens(150);
  KvCache::Hold hold;
  std::vector<BlockCopy> copies;
  ASSERT_TRUE(cache.Admit(tokens, 149, 150, &hold, &copies));
  cache.Extend(&hold, Part(tokens, 0, 30));
  EXPECT_FALSE(cache.Snapshot(hold).has_value());
  cache.Extend(&hold, Part(tokens, 30, 150));
  EXPECT_EQ(KvCache::Blocks(hold).size(), 3u);
}

TEST(KvCacheStatesTest, AFullBlockNeedsNoSnapshot) {
  KvCache cache(4, /*recurrent=*/true);
  const std::vector<int32_t> tokens = Tokens(100);
  KvCache::Hold hold;
  std::vector<BlockCopy> copies;
  ASSERT_TRUE(cache.Admit(tokens, 99, 100, &hold, &copies));
  cache.Extend(&hold, Part(tokens, 0, kBlock));
  EXPECT_FALSE(cache.Snapshot(hold).has_value());
}

// Random prompts that share much, computed in parts, with snapshots here and there: a block's state
// is always that of the tokens for which somebody takes it over.
TEST(KvCacheStatesTest, StatesAreAlwaysThoseOfTheirTokens) {
  constexpr int32_t kBlocks = 14;
  std::mt19937 random(5);
  KvCache cache(kBlocks, /*recurrent=*/true);
  std::map<int32_t, std::vector<int32_t>> states;  // the tokens behind which a block's state is
  struct Held {
    KvCache::Hold hold;
    std::vector<int32_t> tokens;
  };
  std::vector<Held> held;
  int copied = 0;
  // Computes the next tokens of a sequence, as a pass does.
  const auto extend = [&](Held& sequence, int64_t end) {
    for (int64_t at = sequence.hold.tokens; at < end;) {
      const int64_t to = std::min(end, (at / kBlock + 1) * kBlock);
      cache.Extend(&sequence.hold, Part(sequence.tokens, at, to));
      states[KvCache::Blocks(sequence.hold).back()] = {sequence.tokens.begin(),
                                                       sequence.tokens.begin() + to};
      at = to;
    }
  };
  for (int step = 0; step < 4000; ++step) {
    if (!held.empty() && random() % 3 == 0) {
      const size_t at = random() % held.size();
      cache.Release(&held[at].hold, static_cast<int64_t>(random() % 200));
      held.erase(held.begin() + static_cast<int64_t>(at));
    } else if (!held.empty() && random() % 2 == 0) {
      Held& sequence = held[random() % held.size()];
      const int64_t left = static_cast<int64_t>(sequence.tokens.size()) - sequence.hold.tokens;
      if (left > 0)
        extend(sequence, sequence.hold.tokens + 1 + static_cast<int64_t>(random() % 1000) % left);
      if (const auto block = cache.Snapshot(sequence.hold); block.has_value()) {
        states[*block] = {sequence.tokens.begin(), sequence.tokens.begin() + sequence.hold.tokens};
      }
    } else {
      Held sequence;
      sequence.tokens.resize(1 + random() % 200);
      for (int32_t& token : sequence.tokens) token = random() % 50 == 0 ? 1 : 0;
      const int64_t size = static_cast<int64_t>(sequence.tokens.size());
      std::vector<BlockCopy> copies;
      if (!cache.Admit(sequence.tokens, size - 1, size, &sequence.hold, &copies)) continue;
      const int64_t shared = sequence.hold.tokens;
      const std::vector<int32_t> prefix(sequence.tokens.begin(), sequence.tokens.begin() + shared);
      const std::vector<int32_t> blocks = KvCache::Blocks(sequence.hold);
      for (const BlockCopy& copy : copies) {
        states[copy.to] = states[copy.from];
        ++copied;
      }
      for (size_t i = 0; i < blocks.size(); ++i) {
        const int64_t end = std::min(shared, static_cast<int64_t>(i + 1) * kBlock);
        ASSERT_EQ(states[blocks[i]], std::vector<int32_t>(prefix.begin(), prefix.begin() + end));
      }
      extend(sequence, shared + 1);
      held.push_back(std::move(sequence));
    }
    cache.EndStep();
  }
  EXPECT_GT(copied, 20);
  for (Held& sequence : held) cache.Release(&sequence.hold, kAll);
  EXPECT_EQ(cache.free_blocks(), kBlocks);
  cache.Clear();
  EXPECT_EQ(cache.free_blocks(), kBlocks);
}

}  // namespace
}  // namespace assay
