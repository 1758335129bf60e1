// A decoder divided among processes: which heads and columns each of them computes.
#ifndef ASSAY_WORKER_MODEL_DECODER_SHARE_H_
#define ASSAY_WORKER_MODEL_DECODER_SHARE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/model/decoder.h"
#include "worker/parallel/tensor_parallel.h"

namespace assay {

struct DecoderSplit {
  TensorParallel* group = nullptr;
  std::vector<int64_t> attended_bounds;  // columns of attention's output, as PanelBounds has them

  std::vector<int64_t> Bounds(int64_t columns, int64_t panel) const {
    return PanelBounds(columns, panel, group->share().count);
  }
};

// The heads of a share: whole key-value heads with their queries where they can be divided so. Else
// each of its queries has a copy of its keys and values: more memory, and the same bits.
struct HeadShare {
  int64_t first_head = 0;
  int64_t heads = 0;
  std::vector<int64_t> kv_heads;  // each has heads / kv_heads.size() of the queries
};

// Unimplemented when there are fewer heads than shares.
absl::StatusOr<HeadShare> ShareHeads(int64_t heads, int64_t kv_heads, const Share& share);

// `spec` with a share's heads only; everything else is whole.
absl::StatusOr<DecoderSpec> ShareSpec(const DecoderSpec& spec, const Share& share);

// Where the columns of attention's output of each of so many shares begin, and the last's end.
absl::StatusOr<std::vector<int64_t>> AttendedBounds(const DecoderSpec& spec, int64_t shares);

absl::StatusOr<DecoderSplit> SplitDecoder(const DecoderSpec& spec, TensorParallel* group);

}  // namespace assay

#endif  // ASSAY_WORKER_MODEL_DECODER_SHARE_H_
