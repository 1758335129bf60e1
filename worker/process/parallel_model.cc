#include "worker/process/parallel_model.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "worker/device/cuda.h"
#include "worker/layers/kv_pool.h"
#include "worker/parallel/agreement.h"

namespace assay {
namespace {

// A pass's batch is some hundred kilobytes.
constexpr int64_t kLongestMessage = int64_t{1} << 30;

// The blocks that every process has room for; as many as `mine` says or fewer.
absl::StatusOr<int64_t> AgreeOnBlocks(TensorParallel* group, int64_t mine) {
  std::vector<int64_t> all(static_cast<size_t>(group->share().count));
  ASSAY_RETURN_IF_ERROR(group->AllGather(&mine, sizeof(mine), all.data()));
  return *std::min_element(all.begin(), all.end());
}

// Of the device's memory beside the model.
absl::StatusOr<int64_t> BlocksBeside(const Placement& placement, const CausalLm& model) {
  ASSAY_ASSIGN_OR_RETURN(const CudaFacts facts, ReadCudaFacts(placement.device));
  return KvCacheBytesFor(facts.free_bytes, facts.total_bytes) / model.kv_layout().BlockBytes();
}

// The same in all processes, behind AgreeOn.
absl::StatusOr<int64_t> AgreeOnCache(const Placement& placement, const CausalLm& model) {
  const absl::StatusOr<int64_t> mine = BlocksBeside(placement, model);
  ASSAY_RETURN_IF_ERROR(AgreeOn(placement.group, mine.status()));
  ASSAY_ASSIGN_OR_RETURN(const int64_t blocks, AgreeOnBlocks(placement.group, *mine));
  return blocks * model.kv_layout().BlockBytes();
}

absl::StatusOr<std::string> Receive(TensorParallel* group) {
  int64_t size = 0;
  ASSAY_RETURN_IF_ERROR(group->Broadcast(&size, sizeof(size)));
  if (size < 1 || size > kLongestMessage) {
    return absl::InvalidArgumentError(absl::StrCat("a message of ", size, " bytes"));
  }
  std::string bytes(static_cast<size_t>(size), '\0');
  ASSAY_RETURN_IF_ERROR(group->Broadcast(bytes.data(), size));
  return bytes;
}

}  // namespace

// This process's share, which makes the others compute theirs.
class ParallelLeader::Lm : public CausalLm {
 public:
  Lm(ParallelLeader* leader, std::unique_ptr<CausalLm> share)
      : leader_(leader), share_(std::move(share)) {}
  ~Lm() override { leader_->Send(UnloadMessage{}).IgnoreError(); }

  int64_t vocabulary_size() const override { return share_->vocabulary_size(); }
  int64_t context_length() const override { return share_->context_length(); }
  KvLayout kv_layout() const override { return share_->kv_layout(); }
  int64_t weight_bytes() const override { return share_->weight_bytes(); }
  absl::StatusOr<int64_t> BidirectionalPrefix(absl::Span<const int32_t> prompt) const override {
    return share_->BidirectionalPrefix(prompt);
  }

  absl::Status Forward(const Batch& batch, KvPool* pool) override {
    ASSAY_RETURN_IF_ERROR(leader_->Send(ForwardMessage{batch, pool->blocks()}));
    return leader_->Failed(share_->Forward(batch, pool));
  }
  absl::StatusOr<const float*> Logits(int64_t first, int64_t rows) override {
    ASSAY_RETURN_IF_ERROR(leader_->Send(LogitsMessage{first, rows}));
    absl::StatusOr<const float*> logits = share_->Logits(first, rows);
    ASSAY_RETURN_IF_ERROR(leader_->Failed(logits.status()));
    return logits;
  }

 private:
  ParallelLeader* const leader_;
  const std::unique_ptr<CausalLm> share_;
};

ParallelLeader::~ParallelLeader() { Send(StopMessage{}).IgnoreError(); }

absl::Status ParallelLeader::Failed(const absl::Status& status) {
  // The others are in the middle of the same pass: they can do nothing else any more.
  if (!status.ok()) broken_(status);
  return status;
}

absl::Status ParallelLeader::Send(const ParallelMessage& message) {
  std::string bytes = Encode(message);
  int64_t size = static_cast<int64_t>(bytes.size());
  absl::Status status = group_->Broadcast(&size, sizeof(size));
  if (status.ok()) status = group_->Broadcast(bytes.data(), size);
  return Failed(status);
}

absl::StatusOr<LoadedModel> ParallelLeader::Load(const ModelSpec& spec, Precision precision) {
  ASSAY_RETURN_IF_ERROR(Send(LoadMessage{spec, precision, engine_}));
  absl::StatusOr<LoadedModel> loaded = LoadModel(spec, precision, placement_);
  if (absl::Status agreed = AgreeOn(group_, loaded.status()); !agreed.ok()) {
    return absl::IsUnavailable(agreed) ? Failed(agreed) : agreed;
  }
  if (!placement_.device.is_cpu()) {
    const absl::StatusOr<int64_t> bytes = AgreeOnCache(placement_, *loaded->language_model);
    ASSAY_RETURN_IF_ERROR(Failed(bytes.status()));
    kv_cache_bytes_ = *bytes;
  }
  loaded->language_model = std::make_unique<Lm>(this, std::move(loaded->language_model));
  return loaded;
}

absl::Status FollowLeader(const Placement& placement, absl::string_view engine) {
  TensorParallel* const group = placement.group;
  std::optional<LoadedModel> model;
  std::unique_ptr<KvPool> pool;
  while (true) {
    ASSAY_ASSIGN_OR_RETURN(const std::string bytes, Receive(group));
    ASSAY_ASSIGN_OR_RETURN(const ParallelMessage message, Decode(bytes));
    if (std::holds_alternative<StopMessage>(message)) return absl::OkStatus();
    if (std::holds_alternative<UnloadMessage>(message)) {
      pool.reset();
      model.reset();
      continue;
    }
    if (const auto* load = std::get_if<LoadMessage>(&message)) {
      absl::StatusOr<LoadedModel> loaded =
          load->engine == engine ? LoadModel(load->spec, load->precision, placement)
                                 : absl::FailedPreconditionError(absl::StrCat(
                                       "its engine is ", engine, ", the first process's is ",
                                       load->engine, ": the bits would differ"));
      if (!AgreeOn(group, loaded.status()).ok()) continue;
      model = *std::move(loaded);
      if (!placement.device.is_cpu()) {
        ASSAY_RETURN_IF_ERROR(AgreeOnCache(placement, *model->language_model).status());
      }
      continue;
    }
    if (!model.has_value()) return absl::InternalError("no model is loaded");
    if (const auto* logits = std::get_if<LogitsMessage>(&message)) {
      ASSAY_RETURN_IF_ERROR(model->language_model->Logits(logits->first, logits->rows).status());
      continue;
    }
    const ForwardMessage& forward = std::get<ForwardMessage>(message);
    if (pool == nullptr || pool->blocks() != forward.blocks) {
      pool.reset();
      const KvLayout layout = model->language_model->kv_layout();
      ASSAY_ASSIGN_OR_RETURN(pool, KvPool::Create(layout, forward.blocks * layout.BlockBytes()));
    }
    ASSAY_RETURN_IF_ERROR(model->language_model->Forward(forward.batch, pool.get()));
  }
}

}  // namespace assay
