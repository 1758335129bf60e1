#include "worker/session/shard_executor.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {

void ShardExecutor::Add(const LeaseKey& lease, std::vector<PreparedItem> items,
                        std::vector<ShardReport>* reports) {
  const ShardIterator shard = shards_.emplace(shards_.end());
  shard->lease = lease;
  shard->unfinished = items.size();
  for (PreparedItem& item : items) {
    item.request.id = ++last_request_id_;
    shard->predictions.push_back(std::move(item.prediction));
    shard->request_ids.push_back(item.request.id);
    origins_[item.request.id] = {shard, shard->predictions.size() - 1};
    if (absl::Status status = model_->Submit(std::move(item.request)); !status.ok()) {
      const std::string& id = shard->predictions.back().item_id;
      Fail(shard, absl::Status(status.code(), absl::StrCat("item ", id, ": ", status.message())),
           reports);
      return;
    }
  }
}

void ShardExecutor::Cancel(const LeaseKey& lease) {
  for (ShardIterator shard = shards_.begin(); shard != shards_.end(); ++shard) {
    if (shard->lease == lease) return Remove(shard);
  }
}

absl::Status ShardExecutor::Step(std::vector<ShardReport>* reports) {
  std::vector<Completion> completions;
  if (absl::Status status = model_->Step(&completions); !status.ok()) {
    FailAll(status, reports);
    return model_->ResetEngine();
  }
  for (Completion& completion : completions) {
    const auto found = origins_.find(completion.id);
    if (found == origins_.end()) continue;  // its shard failed within this very step
    const Origin origin = found->second;
    origins_.erase(found);
    Prediction& prediction = origin.shard->predictions[origin.item];
    if (absl::Status status = Complete(std::move(completion), &prediction); !status.ok()) {
      Fail(origin.shard,
           absl::Status(status.code(),
                        absl::StrCat("item ", prediction.item_id, ": ", status.message())),
           reports);
      continue;
    }
    if (--origin.shard->unfinished == 0) {
      reports->push_back({origin.shard->lease, std::move(origin.shard->predictions)});
      shards_.erase(origin.shard);
    }
  }
  if (!shards_.empty() && !model_->HasWork()) {
    FailAll(absl::InternalError("the engine ended without completing every request"), reports);
    return model_->ResetEngine();
  }
  return absl::OkStatus();
}

absl::Status ShardExecutor::Complete(Completion completion, Prediction* prediction) const {
  ASSAY_RETURN_IF_ERROR(completion.status);
  for (const double loglikelihood : completion.choice_loglikelihoods) {
    if (std::isnan(loglikelihood)) {
      return absl::InternalError("the model computed a log-likelihood that is not a number");
    }
  }
  ASSAY_ASSIGN_OR_RETURN(prediction->output, model_->codec().Decode(completion.token_ids));
  prediction->output_token_ids = std::move(completion.token_ids);
  prediction->finish_reason = completion.finish_reason;
  prediction->choice_loglikelihoods = std::move(completion.choice_loglikelihoods);
  prediction->cached_tokens = completion.cached_tokens;
  return absl::OkStatus();
}

void ShardExecutor::Remove(ShardIterator shard) {
  for (const uint64_t id : shard->request_ids) {
    if (origins_.erase(id) > 0) model_->Cancel(id);
  }
  shards_.erase(shard);
}

void ShardExecutor::Fail(ShardIterator shard, const absl::Status& status,
                         std::vector<ShardReport>* reports) {
  reports->push_back({shard->lease, ShardFailure{std::string(status.message()), false, false}});
  Remove(shard);
}

void ShardExecutor::FailAll(const absl::Status& status, std::vector<ShardReport>* reports) {
  while (!shards_.empty()) Fail(shards_.begin(), status, reports);
}

}  // namespace assay
