#include "coordinator/store/prediction_rows.h"

#include <tuple>
#include <vector>

#include "coordinator/store/encoding.h"

namespace assay {

void CopyPredictions(pqxx::work& tx, const LeaseKey& key, int64_t run_id,
                     absl::Span<const PredictionRow> rows) {
  const std::vector<std::string> columns = {"run_id",
                                            "item_ordinal",
                                            "sample_index",
                                            "prompt",
                                            "prompt_sha256",
                                            "prompt_tokens",
                                            "cached_tokens",
                                            "shots_used",
                                            "over_max_input",
                                            "truncated",
                                            "output",
                                            "output_token_ids",
                                            "finish_reason",
                                            "choice_loglikelihoods",
                                            "error",
                                            "program_outcome",
                                            "generated_tokens",
                                            "shard_id",
                                            "lease_id",
                                            "committed"};
  pqxx::stream_to stream(tx, "predictions", columns);
  for (const PredictionRow& row : rows) {
    const Prediction& p = *row.prediction;
    stream << std::make_tuple(
        run_id, row.item_ordinal, p.sample_index, EncodeBytes(p.prompt), PlainText(p.prompt_sha256),
        p.prompt_tokens, p.cached_tokens, p.shots_used, p.over_max_input, p.truncated,
        EncodeBytes(p.output), EncodeArray(p.output_token_ids),
        std::string(FinishReasonName(p.finish_reason)), EncodeArray(p.choice_loglikelihoods),
        PlainText(p.error), PlainText(p.program_outcome), p.generated_tokens, key.shard_id,
        key.lease_id, row.committed);
  }
  stream.complete();
}

}  // namespace assay
