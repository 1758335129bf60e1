// Internal to the store: the heads of runs' queues, cut into what workers are leased.
#ifndef ASSAY_COORDINATOR_STORE_SHARD_PIECES_H_
#define ASSAY_COORDINATOR_STORE_SHARD_PIECES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "coordinator/store/connection.h"

namespace assay {

// A part of a pending shard, by its items' places from 1 to the last one.
struct ShardPiece {
  int64_t shard_id = 0;
  int64_t first = 0;
  int64_t last = 0;
  std::optional<size_t> taker;  // none: it stays pending
};

// Pending shards from a run's beginning on, of which one taker after the other gets pieces, so that
// each one's lie together.
class ShardHeads {
 public:
  // Locks the first pending shards of each run, so many and no suspects; those that somebody else
  // is at are passed over.
  ShardHeads(pqxx::work& tx, const std::map<int64_t, int64_t>& counts);

  // A whole shard, or its first `most_items`. Nothing when there is nothing left.
  void Cut(int64_t run_id, int64_t most_items, size_t taker);

  // With what is left of shards that were cut.
  std::vector<ShardPiece> Pieces() &&;

 private:
  struct Head {
    int64_t shard_id = 0;
    int64_t items = 0;
    int64_t taken = 0;
  };
  std::map<int64_t, std::deque<Head>> heads_;  // by run
  std::vector<ShardPiece> pieces_;
};

// Leases the pieces to their takers, by whose number `workers` are: of each shard the first piece
// stays that shard, the others become shards of their own. Rows of taker, shard_id, attempt,
// lease_id and item_ordinals, in the order of takers and items.
pqxx::result LeasePieces(pqxx::work& tx, absl::Span<const ShardPiece> pieces,
                         absl::Span<const std::string> workers, absl::Duration lease_time);

}  // namespace assay

#endif  // ASSAY_COORDINATOR_STORE_SHARD_PIECES_H_
