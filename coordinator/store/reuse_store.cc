#include "coordinator/store/reuse_store.h"

#include <utility>

#include "absl/strings/str_replace.h"
#include "common/base/status_macros.h"
#include "coordinator/store/encoding.h"
#include "coordinator/store/transaction.h"

namespace assay {
namespace {

constexpr char kSources[] =
    "SELECT s.run_id, s.dataset_id FROM runs r "
    "JOIN runs s ON s.reuse_key = r.reuse_key AND s.engine = r.engine AND s.run_id <> r.run_id "
    "WHERE r.run_id = $1 AND r.reuse AND s.items_done > 0 AND s.origin IS NULL "
    "ORDER BY (s.dataset_id = r.dataset_id) DESC, s.run_id DESC LIMIT $2";
constexpr char kFind[] =
    "SELECT i.item_id, p.sample_index, p.prompt_sha256, p.output, p.output_token_ids, "
    "  p.finish_reason, p.choice_loglikelihoods, p.request_digest, "
    "  coalesce(p.reused_run, p.run_id) "
    "FROM unnest($1::bigint[], $2::bigint[]) AS s (run_id, dataset_id) "
    "JOIN items i ON i.dataset_id = s.dataset_id AND i.item_id = ANY($3::text[]) "
    "JOIN predictions p ON p.run_id = s.run_id AND p.item_ordinal = i.ordinal "
    "WHERE p.sample_index < $4 AND p.request_digest IS NOT NULL AND p.error = ''";

absl::StatusOr<Prediction> ReadPrediction(const pqxx::row& row) {
  Prediction prediction;
  int i = 0;
  prediction.item_id = row[i++].c_str();
  prediction.sample_index = row[i++].as<int>();
  prediction.prompt_sha256 = row[i++].c_str();
  prediction.output = DecodeBytes(row[i++].c_str());
  for (const int64_t id : DecodeIntegers(row[i++].c_str())) {
    prediction.output_token_ids.push_back(static_cast<int32_t>(id));
  }
  ASSAY_ASSIGN_OR_RETURN(prediction.finish_reason, ParseFinishReason(row[i++].c_str()));
  prediction.choice_loglikelihoods = DecodeDoubles(row[i++].c_str());
  prediction.request_digest = absl::StrReplaceAll(row[i++].c_str(), {{"-", ""}});
  prediction.reused_run = row[i++].as<int64_t>();
  return prediction;
}

}  // namespace

absl::StatusOr<std::vector<ReuseSource>> ReuseStore::Sources(int64_t run_id, int limit) {
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<ReuseSource>> {
    std::vector<ReuseSource> sources;
    for (const auto& row : tx.exec_params(kSources, run_id, limit)) {
      sources.push_back({row[0].as<int64_t>(), row[1].as<int64_t>()});
    }
    return sources;
  });
}

absl::StatusOr<std::vector<Prediction>> ReuseStore::Find(absl::Span<const ReuseSource> sources,
                                                         const std::vector<std::string>& item_ids,
                                                         int samples) {
  std::vector<int64_t> runs, datasets;
  for (const ReuseSource& source : sources) {
    runs.push_back(source.run_id);
    datasets.push_back(source.dataset_id);
  }
  return Transact(*database_, [&](pqxx::work& tx) -> absl::StatusOr<std::vector<Prediction>> {
    std::vector<Prediction> found;
    for (const auto& row : tx.exec_params(kFind, EncodeArray(runs), EncodeArray(datasets),
                                          EncodeArray(item_ids), samples)) {
      ASSAY_ASSIGN_OR_RETURN(Prediction prediction, ReadPrediction(row));
      found.push_back(std::move(prediction));
    }
    return found;
  });
}

}  // namespace assay
