#include "worker/engine/kv_cache.h"

#include <algorithm>

#include "worker/layers/cpu/kernels.h"

namespace assay {

using cpu::kBlockTokens;

class KvCache::Node {
 public:
  Node* parent = nullptr;
  std::vector<std::unique_ptr<Node>> children;
  std::vector<int32_t>
      tokens;  // at most kBlockTokens; those written, or to be written by the coming pass
  int32_t block = -1;
  int64_t references = 0;
  uint64_t last_use = 0;
  bool evictable = false;
};

KvCache::KvCache(int32_t blocks, bool recurrent)
    : recurrent_(recurrent), root_(std::make_unique<Node>()) {
  root_->references = 1;
  // Low numbers are taken first, so that little used memory stays untouched.
  for (int32_t block = blocks; block-- > 0;) free_.push_back(block);
}

KvCache::~KvCache() = default;

int64_t KvCache::BlocksFor(int64_t tokens) { return (tokens + kBlockTokens - 1) / kBlockTokens; }

int64_t KvCache::free_blocks() const {
  return static_cast<int64_t>(free_.size()) + unreferenced_ - reserved_;
}

KvCache::Node* KvCache::BestChild(Node* node, absl::Span<const int32_t> tokens,
                                  int64_t* common) const {
  Node* best = nullptr;
  *common = 0;
  for (const std::unique_ptr<Node>& child : node->children) {
    const size_t most = std::min(child->tokens.size(), tokens.size());
    const auto end = std::mismatch(tokens.begin(), tokens.begin() + static_cast<int64_t>(most),
                                   child->tokens.begin());
    const int64_t length = end.first - tokens.begin();
    if (recurrent_ && length < static_cast<int64_t>(child->tokens.size())) continue;
    if (length > *common) {
      *common = length;
      best = child.get();
    }
  }
  return best;
}

void KvCache::UpdateEvictable(Node* node) {
  const bool now = node != root_.get() && node->references == 0 && node->children.empty();
  if (now == node->evictable) return;
  if (now) {
    evictable_.emplace(node->last_use, node);
  } else {
    evictable_.erase({node->last_use, node});
  }
  node->evictable = now;
}

void KvCache::Reference(Node* node) {
  if (node->references++ == 0) --unreferenced_;
  UpdateEvictable(node);
  node->last_use = ++clock_;
}

void KvCache::Unreference(Node* node) {
  if (--node->references == 0) ++unreferenced_;
  UpdateEvictable(node);
}

void KvCache::Remove(Node* leaf) {
  Node* parent = leaf->parent;
  evictable_.erase({leaf->last_use, leaf});
  --unreferenced_;
  free_.push_back(leaf->block);
  const auto at = std::find_if(parent->children.begin(), parent->children.end(),
                               [leaf](const auto& child) { return child.get() == leaf; });
  std::swap(*at, parent->children.back());
  parent->children.pop_back();
  UpdateEvictable(parent);
}

int32_t KvCache::TakeBlock() {
  if (free_.empty()) Remove(evictable_.begin()->second);
  const int32_t block = free_.back();
  free_.pop_back();
  fresh_.push_back(block);
  return block;
}

KvCache::Node* KvCache::NewNode(Node* parent) {
  auto node = std::make_unique<Node>();
  node->parent = parent;
  node->references = 1;
  node->last_use = ++clock_;
  node->block = TakeBlock();
  Node* result = node.get();
  parent->children.push_back(std::move(node));
  UpdateEvictable(parent);
  return result;
}

bool KvCache::Admit(absl::Span<const int32_t> tokens, int64_t most_shared, int64_t most_tokens,
                    Hold* hold, std::vector<BlockCopy>* copies) {
  const absl::Span<const int32_t> shareable = tokens.subspan(0, static_cast<size_t>(most_shared));
  Node* node = root_.get();
  Node* partial = nullptr;
  int64_t shared = 0;
  int64_t common = 0;
  hold->path.clear();
  while (shared < most_shared) {
    Node* child = BestChild(node, shareable.subspan(static_cast<size_t>(shared)), &common);
    if (child == nullptr || common < kBlockTokens) {
      partial = child;
      break;
    }
    Reference(child);
    hold->path.push_back(child);
    node = child;
    shared += kBlockTokens;
  }
  if (partial != nullptr) Reference(partial);
  const int64_t needed = BlocksFor(most_tokens) - static_cast<int64_t>(hold->path.size());
  if (free_blocks() < needed) {
    if (partial != nullptr) Unreference(partial);
    for (Node* held : hold->path) Unreference(held);
    hold->path.clear();
    return false;
  }
  reserved_ += needed;
  hold->reserved = needed;
  hold->tokens = shared;
  if (partial != nullptr) {
    pinned_.push_back(partial);
    Extend(hold, shareable.subspan(static_cast<size_t>(shared), static_cast<size_t>(common)));
    copies->push_back({partial->block, hold->path.back()->block, common});
  }
  return true;
}

void KvCache::Extend(Hold* hold, absl::Span<const int32_t> tokens) {
  while (!tokens.empty()) {
    if (hold->tokens % kBlockTokens == 0) {
      Node* parent = hold->path.empty() ? root_.get() : hold->path.back();
      --hold->reserved;
      --reserved_;
      hold->path.push_back(NewNode(parent));
    }
    Node* node = hold->path.back();
    const size_t room = static_cast<size_t>(kBlockTokens - hold->tokens % kBlockTokens);
    const absl::Span<const int32_t> part = tokens.subspan(0, room);
    node->tokens.insert(node->tokens.end(), part.begin(), part.end());
    hold->tokens += static_cast<int64_t>(part.size());
    tokens.remove_prefix(part.size());
  }
}

std::optional<int32_t> KvCache::Snapshot(const Hold& hold) {
  Node* last = hold.path.back();
  if (last->tokens.size() == static_cast<size_t>(kBlockTokens) || free_blocks() < 1) {
    return std::nullopt;
  }
  for (const std::unique_ptr<Node>& sibling : last->parent->children) {
    if (sibling.get() != last && sibling->tokens == last->tokens) return std::nullopt;
  }
  Node* node = NewNode(last->parent);
  node->tokens = last->tokens;
  pinned_.push_back(node);
  return node->block;
}

void KvCache::Truncate(Hold* hold, int64_t tokens) {
  std::vector<int32_t>& last = hold->path.back()->tokens;
  last.resize(last.size() - static_cast<size_t>(hold->tokens - tokens));
  hold->tokens = tokens;
}

std::vector<int32_t> KvCache::Blocks(const Hold& hold) {
  std::vector<int32_t> blocks;
  blocks.reserve(hold.path.size());
  for (const Node* node : hold.path) blocks.push_back(node->block);
  return blocks;
}

void KvCache::Release(Hold* hold, int64_t wanted_tokens) {
  // The leaf first: it goes first, now or later.
  for (size_t i = hold->path.size(); i-- > 0;) {
    Node* node = hold->path[i];
    Unreference(node);
    const bool wanted = static_cast<int64_t>(i) * kBlockTokens < wanted_tokens;
    if (node->evictable && !wanted) Remove(node);
  }
  reserved_ -= hold->reserved;
  *hold = Hold();
}

void KvCache::EndStep() {
  for (Node* node : pinned_) Unreference(node);
  pinned_.clear();
}

void KvCache::Clear() {
  EndStep();
  while (!evictable_.empty()) Remove(evictable_.begin()->second);
}

}  // namespace assay
