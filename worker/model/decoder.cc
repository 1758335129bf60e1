#include "worker/model/decoder.h"

#include <memory>
#include <optional>
#include <utility>

#include "common/base/status_macros.h"
#include "worker/model/config_fields.h"
#include "worker/model/decoder_lm.h"
#include "worker/model/decoder_share.h"
#include "worker/model/decoder_weights.h"
#include "worker/model/device_decoder_lm.h"
#include "worker/model/guarded.h"

namespace assay {
namespace {

class DecoderDescription : public ModelDescription {
 public:
  explicit DecoderDescription(DecoderSpec spec) : spec_(std::move(spec)) {}

  int64_t vocabulary_size() const override { return spec_.vocabulary_size; }
  int64_t context_length() const override { return spec_.context_length; }
  absl::StatusOr<int64_t> CheckTensors(const Checkpoint& checkpoint) const override {
    return CheckDecoderTensors(checkpoint, spec_);
  }
  absl::StatusOr<std::unique_ptr<CausalLm>> Load(const Checkpoint& checkpoint,
                                                 Precision precision) const override {
    return Load(checkpoint, spec_, precision, {}, std::nullopt);
  }
  absl::StatusOr<std::unique_ptr<CausalLm>> LoadShare(const Checkpoint& checkpoint,
                                                      Precision precision,
                                                      TensorParallel* group) const override {
    ASSAY_ASSIGN_OR_RETURN(const DecoderSpec part, ShareSpec(spec_, group->share()));
    ASSAY_ASSIGN_OR_RETURN(DecoderSplit split, SplitDecoder(spec_, group));
    return Load(checkpoint, part, precision, group->share(), std::move(split));
  }
  absl::StatusOr<std::unique_ptr<CausalLm>> LoadOnDevice(const Checkpoint& checkpoint,
                                                         Precision precision, const Device& device,
                                                         DeviceGroup* group) const override {
    if (spec_.prefix_marks.has_value()) {
      return ModelDescription::LoadOnDevice(checkpoint, precision, device, group);
    }
    ASSAY_RETURN_IF_ERROR(CheckTensors(checkpoint).status());
    return LoadDeviceDecoder(checkpoint, spec_, precision, device, group);
  }

 private:
  absl::StatusOr<std::unique_ptr<CausalLm>> Load(const Checkpoint& checkpoint,
                                                 const DecoderSpec& part, Precision precision,
                                                 const Share& share,
                                                 std::optional<DecoderSplit> split) const {
    ASSAY_RETURN_IF_ERROR(CheckTensors(checkpoint).status());
    return Guarded(checkpoint.path(), [&]() -> absl::StatusOr<std::unique_ptr<CausalLm>> {
      ASSAY_ASSIGN_OR_RETURN(DecoderWeights weights,
                             DecoderWeights::Load(checkpoint, part, precision, share));
      return std::make_unique<DecoderLm>(part, std::move(weights), precision, std::move(split));
    });
  }

  const DecoderSpec spec_;
};

}  // namespace

void SplitStacked(const LinearPart& fused, int64_t query_rows, int64_t key_rows,
                  DecoderLayerSpec* layer) {
  layer->queries = layer->keys = layer->values = fused;
  layer->queries.rows = RowRun(0, query_rows);
  layer->keys.rows = RowRun(query_rows, key_rows);
  layer->values.rows = RowRun(query_rows + key_rows, key_rows);
}

void SplitByHead(const LinearPart& fused, int64_t kv_heads, int64_t group_heads, int64_t head_size,
                 DecoderLayerSpec* layer) {
  layer->queries = layer->keys = layer->values = fused;
  for (int64_t kv_head = 0; kv_head < kv_heads; ++kv_head) {
    int64_t row = kv_head * (group_heads + 2) * head_size;
    for (int64_t i = 0; i < group_heads; ++i, row += head_size) {
      AppendHeadRows(row, head_size, 0, &layer->queries.rows);
    }
    AppendHeadRows(row, head_size, 0, &layer->keys.rows);
    AppendHeadRows(row + head_size, head_size, 0, &layer->values.rows);
  }
}

void SplitGated(const LinearPart& fused, DecoderLayerSpec* layer) {
  layer->gate = layer->up = fused;
  layer->gate.rows = RowRun(0, fused.out / 2);
  layer->up.rows = RowRun(fused.out / 2, fused.out / 2);
}

std::unique_ptr<ModelDescription> DescribeDecoder(DecoderSpec spec) {
  return std::make_unique<DecoderDescription>(std::move(spec));
}

}  // namespace assay
