#include "coordinator/store/work_store.h"

#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr int kLatest = 2000;
constexpr int kLatestOutcomes = 200;

constexpr char kAdd[] =
    "INSERT INTO measured_work AS m (run_id, worker_kind, weights_sha256, precision_name, "
    "  busy_seconds, prompt_tokens, generated_tokens, loads, load_seconds) "
    "SELECT r.run_id, w.kind, o.weights_sha256, r.precision_name, sum(w.busy), sum(w.prompt), "
    "  sum(w.generated), sum(w.loads), sum(w.load_seconds) "
    "FROM unnest($1::bigint[], $2::text[], $3::double precision[], $4::bigint[], $5::bigint[], "
    "  $6::bigint[], $7::double precision[]) "
    "  AS w (shard_id, kind, busy, prompt, generated, loads, load_seconds) "
    "JOIN shards s USING (shard_id) JOIN runs r ON r.run_id = s.run_id "
    "JOIN models o ON o.name = r.model_name "
    "GROUP BY r.run_id, w.kind, o.weights_sha256, r.precision_name ORDER BY r.run_id, w.kind "
    "ON CONFLICT (run_id, worker_kind) DO UPDATE SET "
    "  busy_seconds = m.busy_seconds + excluded.busy_seconds, "
    "  prompt_tokens = m.prompt_tokens + excluded.prompt_tokens, "
    "  generated_tokens = m.generated_tokens + excluded.generated_tokens, "
    "  loads = m.loads + excluded.loads, load_seconds = m.load_seconds + excluded.load_seconds";
constexpr char kWork[] =
    "SELECT m.weights_sha256, m.precision_name, m.worker_kind, o.parameters, m.busy_seconds, "
    "  m.prompt_tokens, m.generated_tokens, m.loads, m.load_seconds "
    "FROM measured_work m JOIN runs r USING (run_id) JOIN models o ON o.name = r.model_name "
    "ORDER BY m.run_id DESC LIMIT $1";
constexpr char kTokens[] =
    "SELECT d.benchmark, d.sha256, r.protocol, r.shots, r.prompt_template, r.model_name, "
    "  o.tokenizer_sha256, r.items_done - r.items_failed, r.prompt_tokens, "
    "  r.prompt_tokens - r.cached_tokens, r.generated_tokens "
    "FROM runs r JOIN datasets d USING (dataset_id) JOIN models o ON o.name = r.model_name "
    "WHERE r.state = 'completed' AND r.origin IS NULL AND r.items_reused = 0 "
    "  AND r.items_done > r.items_failed ORDER BY r.run_id DESC LIMIT $1";
constexpr char kOutcomes[] =
    "SELECT r.estimated_device_seconds, sum(m.busy_seconds) "
    "FROM runs r JOIN measured_work m USING (run_id) "
    "WHERE r.state = 'completed' AND r.items_reused = 0 AND r.items_failed = 0 "
    "  AND r.estimated_device_seconds > 0 "
    "GROUP BY r.run_id HAVING sum(m.busy_seconds) > 0 ORDER BY r.run_id DESC LIMIT $1";

MeasuredWork ReadWork(const pqxx::row& row) {
  return {row[0].c_str(),       row[1].c_str(),       row[2].c_str(),
          row[3].as<int64_t>(), row[4].as<double>(),  row[5].as<int64_t>(),
          row[6].as<int64_t>(), row[7].as<int64_t>(), row[8].as<double>()};
}

MeasuredTokens ReadTokens(const pqxx::row& row) {
  MeasuredTokens tokens;
  int i = 0;
  tokens.benchmark = row[i++].c_str();
  tokens.dataset_sha256 = row[i++].c_str();
  tokens.protocol = row[i++].c_str();
  tokens.shots = row[i++].as<int>();
  tokens.prompt_template = row[i++].c_str();
  tokens.model = row[i++].c_str();
  tokens.tokenizer_sha256 = row[i++].c_str();
  tokens.predictions = row[i++].as<int64_t>();
  tokens.prompt_tokens = row[i++].as<int64_t>();
  tokens.computed_tokens = row[i++].as<int64_t>();
  tokens.generated_tokens = row[i++].as<int64_t>();
  return tokens;
}

}  // namespace

absl::Status WorkStore::Add(absl::Span<const ShardWork> work) {
  std::vector<int64_t> shards, prompt, generated, loads;
  std::vector<std::string> kinds;
  std::vector<double> busy, load_seconds;
  for (const ShardWork& one : work) {
    shards.push_back(one.shard_id);
    kinds.push_back(PlainText(one.worker_kind));
    busy.push_back(one.done.busy_seconds);
    prompt.push_back(one.done.prompt_tokens);
    generated.push_back(one.done.generated_tokens);
    loads.push_back(one.loads);
    load_seconds.push_back(one.done.load_seconds);
  }
  return Transact(*database_, [&](pqxx::work& tx) -> absl::Status {
    tx.exec_params(kAdd, EncodeArray(shards), EncodeArray(kinds), EncodeArray(busy),
                   EncodeArray(prompt), EncodeArray(generated), EncodeArray(loads),
                   EncodeArray(load_seconds));
    return absl::OkStatus();
  });
}

absl::StatusOr<Measurements> WorkStore::Read() {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<Measurements> {
    Measurements read;
    for (const auto& row : tx.exec_params(kWork, kLatest)) read.work.push_back(ReadWork(row));
    for (const auto& row : tx.exec_params(kTokens, kLatest)) read.tokens.push_back(ReadTokens(row));
    for (const auto& row : tx.exec_params(kOutcomes, kLatestOutcomes)) {
      read.outcomes.push_back({row[0].as<double>(), row[1].as<double>()});
    }
    return read;
  });
}

}  // namespace assay
