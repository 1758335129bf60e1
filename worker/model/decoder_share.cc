#include "worker/model/decoder_share.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"

namespace assay {
namespace {

// The rows of these heads of a part.
void TakeHeads(const std::vector<int64_t>& heads, int64_t head_size, LinearPart* part) {
  std::vector<int64_t> rows;
  for (const int64_t head : heads) {
    for (int64_t row = head * head_size; row < (head + 1) * head_size; ++row) {
      rows.push_back(part->rows.empty() ? row : part->rows[static_cast<size_t>(row)]);
    }
  }
  part->rows = std::move(rows);
}

}  // namespace

absl::StatusOr<HeadShare> ShareHeads(int64_t heads, int64_t kv_heads, const Share& share) {
  if (heads < share.count) {
    return absl::UnimplementedError(absl::StrCat(
        "the model's ", heads, " heads cannot be divided among ", share.count, " processes"));
  }
  const int64_t group = heads / kv_heads;
  HeadShare mine;
  if (kv_heads >= share.count) {
    mine.kv_heads = RowRun(share.First(kv_heads), share.End(kv_heads) - share.First(kv_heads));
    mine.first_head = mine.kv_heads.front() * group;
    mine.heads = static_cast<int64_t>(mine.kv_heads.size()) * group;
    return mine;
  }
  mine.first_head = share.First(heads);
  mine.heads = share.End(heads) - mine.first_head;
  const int64_t last_head = mine.first_head + mine.heads - 1;
  if (mine.first_head / group == last_head / group) {
    mine.kv_heads = {last_head / group};
    return mine;
  }
  for (int64_t head = mine.first_head; head <= last_head; ++head) {
    mine.kv_heads.push_back(head / group);
  }
  return mine;
}

absl::StatusOr<DecoderSpec> ShareSpec(const DecoderSpec& spec, const Share& share) {
  ASSAY_ASSIGN_OR_RETURN(const HeadShare mine, ShareHeads(spec.heads, spec.kv_heads, share));
  DecoderSpec part = spec;
  part.heads = mine.heads;
  part.kv_heads = static_cast<int64_t>(mine.kv_heads.size());
  for (DecoderLayerSpec& layer : part.layers) {
    TakeHeads(RowRun(mine.first_head, mine.heads), spec.head_size, &layer.queries);
    TakeHeads(mine.kv_heads, spec.head_size, &layer.keys);
    TakeHeads(mine.kv_heads, spec.head_size, &layer.values);
  }
  if (part.position_bias.has_value()) {
    std::vector<float>& slopes = part.position_bias->slopes;
    slopes = std::vector<float>(slopes.begin() + mine.first_head,
                                slopes.begin() + mine.first_head + mine.heads);
  }
  return part;
}

absl::StatusOr<std::vector<int64_t>> AttendedBounds(const DecoderSpec& spec, int64_t shares) {
  std::vector<int64_t> bounds;
  for (int64_t i = 0; i < shares; ++i) {
    ASSAY_ASSIGN_OR_RETURN(const HeadShare heads,
                           ShareHeads(spec.heads, spec.kv_heads, Share{i, shares}));
    bounds.push_back(heads.first_head * spec.head_size);
  }
  bounds.push_back(spec.heads * spec.head_size);
  return bounds;
}

absl::StatusOr<DecoderSplit> SplitDecoder(const DecoderSpec& spec, TensorParallel* group) {
  DecoderSplit split;
  split.group = group;
  ASSAY_ASSIGN_OR_RETURN(split.attended_bounds, AttendedBounds(spec, group->share().count));
  return split;
}

}  // namespace assay
