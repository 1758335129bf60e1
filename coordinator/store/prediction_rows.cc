#include "coordinator/store/prediction_rows.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "coordinator/store/copy_writer.h"
#include "coordinator/store/encoding.h"

namespace assay {
namespace {

constexpr char kColumns[] =
    "predictions (run_id, item_ordinal, sample_index, prompt, prompt_sha256, prompt_tokens, "
    "cached_tokens, shots_used, over_max_input, truncated, output, output_token_ids, "
    "finish_reason, choice_loglikelihoods, error, program_outcome, generated_tokens, shard_id, "
    "lease_id, committed, request_digest, reused_run)";
constexpr int kColumnCount = 22;

void CopyPlain(CopyWriter& copy, absl::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
  if (plain) {
    copy.Text(text);
  } else {
    copy.Text(PlainText(text));
  }
}

void CopyDigest(CopyWriter& copy, absl::string_view digest) {
  uint64_t high = 0, low = 0;
  if (digest.size() == 32 && absl::SimpleHexAtoi(digest.substr(0, 16), &high) &&
      absl::SimpleHexAtoi(digest.substr(16), &low)) {
    copy.Uuid(absl::MakeUint128(high, low));
  } else {
    copy.Null();
  }
}

}  // namespace

void CopyPredictions(pqxx::work& tx, absl::Span<const PredictionRow> rows) {
  CopyWriter copy(tx, kColumns, kColumnCount);
  for (const PredictionRow& row : rows) {
    const Prediction& p = *row.prediction;
    copy.StartRow();
    copy.Int64(row.run_id);
    copy.Int32(static_cast<int32_t>(row.item_ordinal));
    copy.Int32(p.sample_index);
    copy.Bytes(p.prompt);
    CopyPlain(copy, p.prompt_sha256);
    copy.Int64(p.prompt_tokens);
    copy.Int64(p.cached_tokens);
    copy.Int32(p.shots_used);
    copy.Bool(p.over_max_input);
    copy.Bool(p.truncated);
    copy.Bytes(p.output);
    copy.Array(absl::MakeConstSpan(p.output_token_ids));
    copy.Text(FinishReasonName(p.finish_reason));
    copy.Array(absl::MakeConstSpan(p.choice_loglikelihoods));
    CopyPlain(copy, p.error);
    CopyPlain(copy, p.program_outcome);
    copy.Int64(p.generated_tokens);
    copy.Int64(row.key.shard_id);
    copy.Int64(row.key.lease_id);
    copy.Time(row.committed);
    CopyDigest(copy, p.request_digest);
    if (p.reused_run != 0) {
      copy.Int64(p.reused_run);
    } else {
      copy.Null();
    }
  }
  copy.Complete();
}

}  // namespace assay
