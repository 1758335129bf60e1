#include "coordinator/store/shard_pieces.h"

#include <algorithm>
#include <utility>

#include "coordinator/store/encoding.h"
#include "coordinator/store/prepared.h"

namespace assay {
namespace {

// Each run's first pending shards.
constexpr char kHeads[] =
    "SELECT p.shard_id, w.run_id, p.items FROM unnest($1::bigint[], $2::integer[]) AS w "
    "  (run_id, count) "
    "CROSS JOIN LATERAL (SELECT s.shard_id, cardinality(s.item_ordinals) AS items FROM shards s "
    "  WHERE s.run_id = w.run_id AND s.state = 'pending' AND s.failures < 2 "
    "  ORDER BY s.first_ordinal LIMIT w.count FOR UPDATE SKIP LOCKED) p";
// Of each shard its first piece, and the other pieces as shards of their own; what is nobody's
// becomes pending again.
constexpr char kLease[] =
    "WITH pieces AS MATERIALIZED ("
    "  SELECT p.*, CASE WHEN first = 1 THEN shard_id ELSE nextval('shards_shard_id_seq') END AS id "
    "  FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::integer[], $5::text[]) AS p "
    "    (shard_id, first, last, taker, worker_id)), "
    "added AS ("
    "  INSERT INTO shards (shard_id, run_id, item_ordinals, failures, state, attempt, lease_id, "
    "    worker_id, deadline, leased) OVERRIDING SYSTEM VALUE "
    "  SELECT p.id, s.run_id, s.item_ordinals[p.first:p.last], s.failures, "
    "    CASE WHEN p.taker < 0 THEN 'pending' ELSE 'leased' END, "
    "    CASE WHEN p.taker < 0 THEN 0 ELSE 1 END, "
    "    CASE WHEN p.taker >= 0 THEN nextval('lease_ids') END, "
    "    CASE WHEN p.taker >= 0 THEN p.worker_id END, "
    "    CASE WHEN p.taker >= 0 THEN clock_timestamp() + make_interval(secs => $6) END, "
    "    CASE WHEN p.taker >= 0 THEN clock_timestamp() END "
    "  FROM pieces p JOIN shards s USING (shard_id) WHERE p.first > 1 "
    "  RETURNING shard_id, attempt, lease_id, item_ordinals), "
    "changed AS ("
    "  UPDATE shards s SET state = 'leased', attempt = s.attempt + 1, "
    "    lease_id = nextval('lease_ids'), worker_id = p.worker_id, "
    "    deadline = clock_timestamp() + make_interval(secs => $6), leased = clock_timestamp(), "
    "    item_ordinals = s.item_ordinals[:p.last] "
    "  FROM pieces p WHERE s.shard_id = p.shard_id AND p.first = 1 "
    "  RETURNING s.shard_id, s.attempt, s.lease_id, s.item_ordinals) "
    "SELECT p.taker, l.* FROM (SELECT * FROM changed UNION ALL SELECT * FROM added) l "
    "JOIN pieces p ON p.id = l.shard_id WHERE p.taker >= 0 ORDER BY p.taker, l.item_ordinals[1]";

}  // namespace

ShardHeads::ShardHeads(pqxx::work& tx, const std::map<int64_t, int64_t>& counts) {
  std::vector<int64_t> run_ids, most;
  for (const auto& [run_id, count] : counts) {
    run_ids.push_back(run_id);
    most.push_back(count);
  }
  for (const auto& row : ExecPrepared(tx, kHeads, EncodeArray(run_ids), EncodeArray(most))) {
    heads_[row[1].as<int64_t>()].push_back({row[0].as<int64_t>(), row[2].as<int64_t>(), 0});
  }
}

void ShardHeads::Cut(int64_t run_id, int64_t most_items, size_t taker) {
  std::deque<Head>& heads = heads_[run_id];
  if (heads.empty()) return;
  Head& head = heads.front();
  const int64_t first = head.taken + 1;
  head.taken = std::min(head.items, head.taken + most_items);
  pieces_.push_back({head.shard_id, first, head.taken, taker});
  if (head.taken == head.items) heads.pop_front();
}

std::vector<ShardPiece> ShardHeads::Pieces() && {
  for (const auto& [run_id, heads] : heads_) {
    if (heads.empty() || heads.front().taken == 0) continue;
    const Head& head = heads.front();
    pieces_.push_back({head.shard_id, head.taken + 1, head.items, std::nullopt});
  }
  return std::move(pieces_);
}

pqxx::result LeasePieces(pqxx::work& tx, absl::Span<const ShardPiece> pieces,
                         absl::Span<const std::string> workers, absl::Duration lease_time) {
  std::vector<int64_t> shard_ids, first, last, takers;
  std::vector<std::string> names;
  for (const ShardPiece& piece : pieces) {
    shard_ids.push_back(piece.shard_id);
    first.push_back(piece.first);
    last.push_back(piece.last);
    takers.push_back(piece.taker.has_value() ? static_cast<int64_t>(*piece.taker) : -1);
    names.push_back(piece.taker.has_value() ? workers[*piece.taker] : "");
  }
  return ExecPrepared(tx, kLease, EncodeArray(shard_ids), EncodeArray(first), EncodeArray(last),
                      EncodeArray(takers), EncodeArray(names), absl::ToDoubleSeconds(lease_time));
}

}  // namespace assay
