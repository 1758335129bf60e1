#include "worker/session/shard_executor.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace assay {
namespace {

absl::Status InItem(const Prediction& prediction, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("item ", prediction.item_id, ": ", status.message()));
}

}  // namespace

void ShardExecutor::Add(const LeaseKey& lease, std::vector<PreparedItem> items,
                        std::vector<ShardReport>* reports) {
  const ShardIterator shard = shards_.emplace(shards_.end());
  shard->lease = lease;
  for (PreparedItem& item : items) {
    shard->predictions.push_back(std::move(item.prediction));
    shard->loglikelihoods.emplace_back(item.requests.size());
    shard->unfinished += item.requests.size();
  }
  if (shard->unfinished == 0) {
    reports->push_back({lease, std::move(shard->predictions)});
    shards_.erase(shard);
    return;
  }
  for (size_t i = 0; i < items.size(); ++i) {
    for (size_t variant = 0; variant < items[i].requests.size(); ++variant) {
      Request& request = items[i].requests[variant];
      request.id = ++last_request_id_;
      shard->request_ids.push_back(request.id);
      origins_[request.id] = {shard, i, variant};
      if (absl::Status status = model_->Submit(std::move(request)); !status.ok()) {
        Fail(shard, InItem(shard->predictions[i], status), reports);
        return;
      }
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
    if (absl::Status status = Complete(std::move(completion), origin); !status.ok()) {
      Fail(origin.shard, InItem(origin.shard->predictions[origin.item], status), reports);
      continue;
    }
    if (--origin.shard->unfinished == 0) {
      JoinVariants(*origin.shard);
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

absl::Status ShardExecutor::Complete(Completion completion, const Origin& origin) const {
  ASSAY_RETURN_IF_ERROR(completion.status);
  for (const double loglikelihood : completion.choice_loglikelihoods) {
    if (std::isnan(loglikelihood)) {
      return absl::InternalError("the model computed a log-likelihood that is not a number");
    }
  }
  Prediction& prediction = origin.shard->predictions[origin.item];
  prediction.cached_tokens += completion.cached_tokens;
  origin.shard->loglikelihoods[origin.item][origin.variant] =
      std::move(completion.choice_loglikelihoods);
  // Only choices are asked for in variants.
  if (origin.variant > 0) return absl::OkStatus();
  ASSAY_ASSIGN_OR_RETURN(prediction.output, model_->codec().Decode(completion.token_ids));
  prediction.output_token_ids = std::move(completion.token_ids);
  prediction.finish_reason = completion.finish_reason;
  return absl::OkStatus();
}

void ShardExecutor::JoinVariants(Shard& shard) {
  for (size_t i = 0; i < shard.predictions.size(); ++i) {
    std::vector<double>& joined = shard.predictions[i].choice_loglikelihoods;
    for (const std::vector<double>& values : shard.loglikelihoods[i]) {
      joined.insert(joined.end(), values.begin(), values.end());
    }
  }
}

void ShardExecutor::Remove(ShardIterator shard) {
  for (const uint64_t id : shard->request_ids) {
    if (origins_.erase(id) > 0) model_->Cancel(id);
  }
  shards_.erase(shard);
}

void ShardExecutor::Fail(ShardIterator shard, const absl::Status& status,
                         std::vector<ShardReport>* reports) {
  reports->push_back({shard->lease, ShardFailure{std::string(status.message()), false, false,
                                                 FailedPart::kEngine}});
  Remove(shard);
}

void ShardExecutor::FailAll(const absl::Status& status, std::vector<ShardReport>* reports) {
  while (!shards_.empty()) Fail(shards_.begin(), status, reports);
}

}  // namespace assay
