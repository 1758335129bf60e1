// Which sequence owns which block of the pool (kv_pool.h), and which blocks hold a prefix that
// another sequence needs as well.
//
// The cache is a radix tree over token ids whose edges are blocks: the path from the root to a node
// spells the tokens whose keys and values the blocks on the path hold. A sequence holds the nodes
// of its path. Full blocks are shared; of a block that fits in part the new sequence gets a copy of
// the part. Nodes that no sequence holds stay until their block is needed, the longest unused
// first.
//
// A block of a recurrent model holds the state behind its last token alone. It fits as a whole or
// not at all, and is gone when its sequence goes on within the block; Snapshot keeps it.
#ifndef ASSAY_WORKER_ENGINE_KV_CACHE_H_
#define ASSAY_WORKER_ENGINE_KV_CACHE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "worker/layers/batch.h"

namespace assay {

class KvCache {
 public:
  class Node;

  // A sequence's place in the tree. Made by Admit, ended by Release.
  struct Hold {
    std::vector<Node*> path;  // a block each, from the sequence's first token on
    int64_t tokens = 0;       // of the sequence that the path holds
    int64_t reserved = 0;     // blocks that the sequence may still take
  };

  // Of the blocks [0, blocks) of a pool.
  explicit KvCache(int32_t blocks, bool recurrent = false);
  ~KvCache();

  // Blocks for `tokens` tokens that are shared with nobody.
  static int64_t BlocksFor(int64_t tokens);

  // Takes what the tree has of tokens[0, most_shared) and reserves blocks for `most_tokens` tokens
  // in all. False, and nothing changed, when there are not enough blocks now. Appends to `copies`
  // where a part of a block is taken over; its source is safe until EndStep.
  bool Admit(absl::Span<const int32_t> tokens, int64_t most_shared, int64_t most_tokens, Hold* hold,
             std::vector<BlockCopy>* copies);
  // The sequence's next tokens, whose keys and values the coming pass writes. Takes new blocks from
  // the reservation.
  void Extend(Hold* hold, absl::Span<const int32_t> tokens);
  // A block of its own for the state that the sequence's last block will have behind the tokens
  // that the path holds now, for sequences that part from this one here. None where there is no
  // block to spare, where the last block is full, or where there is such a block already.
  std::optional<int32_t> Snapshot(const Hold& hold);
  // The blocks that were given to new owners since the last call.
  std::vector<int32_t> TakeFresh() { return std::exchange(fresh_, {}); }
  // Forgets the last tokens of the sequence, down to `tokens`, which must lie in the last block.
  void Truncate(Hold* hold, int64_t tokens);
  // The block ids of the path.
  static std::vector<int32_t> Blocks(const Hold& hold);
  // The sequence has ended. Blocks that hold some of its first `wanted_tokens` tokens, which a
  // sequence that is known will ask for, stay for as long as there is room; those that nobody holds
  // any more are freed at once.
  void Release(Hold* hold, int64_t wanted_tokens);
  // The pass that the last Admits belong to is over.
  void EndStep();
  // Forgets everything. All holds must have been released.
  void Clear();

  int64_t free_blocks() const;  // free, or held by nobody and not reserved

 private:
  Node* BestChild(Node* node, absl::Span<const int32_t> tokens, int64_t* common) const;
  Node* NewNode(Node* parent);
  void Reference(Node* node);
  void Unreference(Node* node);
  void UpdateEvictable(Node* node);
  void Remove(Node* leaf);
  int32_t TakeBlock();

  const bool recurrent_;
  std::unique_ptr<Node> root_;
  std::vector<int32_t> free_;
  std::vector<int32_t> fresh_;
  std::set<std::pair<uint64_t, Node*>>
      evictable_;              // leaves that nobody holds, the longest unused first
  std::vector<Node*> pinned_;  // sources of this step's copies, and its snapshots
  int64_t unreferenced_ = 0;   // nodes that nobody holds, leaves or not
  int64_t reserved_ = 0;
  uint64_t clock_ = 0;
};

}  // namespace assay

#endif  // ASSAY_WORKER_ENGINE_KV_CACHE_H_
