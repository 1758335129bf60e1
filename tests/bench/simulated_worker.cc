#include "tests/bench/simulated_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/version.h"
#include "common/rpc/channel.h"
#include "common/rpc/convert.h"

namespace assay {
namespace {

constexpr absl::Duration kHeartbeatEvery = absl::Seconds(10);
constexpr absl::Duration kRetryAfter = absl::Seconds(1);
constexpr int kBytesPerToken = 4;

std::string Text(int bytes) {
  std::string text;
  while (static_cast<int>(text.size()) < bytes) text += "yes, as every question is answered here; ";
  text.resize(static_cast<size_t>(bytes));
  return text;
}

v1::Prediction MakeUp(const SimulationOptions& options) {
  Prediction prediction;
  prediction.item_id = "to be set";
  prediction.prompt = Text(options.prompt_bytes);
  prediction.prompt_sha256 = std::string(64, 'd');
  prediction.prompt_tokens = options.prompt_bytes / kBytesPerToken;
  prediction.output = Text(options.output_bytes);
  for (int i = 0; i < options.output_bytes / kBytesPerToken; ++i) {
    prediction.output_token_ids.push_back(1000 + 37 * i);
  }
  prediction.finish_reason = FinishReason::kStop;
  return ToProto(prediction);
}

}  // namespace

SimulatedWorker::SimulatedWorker(std::string id, const std::string& coordinator,
                                 const SimulationOptions& options, SimulationCounts* counts)
    : id_(std::move(id)),
      options_(options),
      counts_(counts),
      stub_(v1::WorkerService::NewStub(MakeChannel(coordinator))),
      made_up_(MakeUp(options)) {}

void SimulatedWorker::Start() {
  stub_->async()->Connect(&context_, this);
  WorkerInfo worker;
  worker.worker_id = id_;
  worker.hostname = "simulated";
  worker.engine_version = absl::StrCat(kEngineVersion, "/simulated");
  worker.device = "cpu";
  worker.threads = 1;
  auto hello = std::make_unique<v1::WorkerMessage>();
  *hello->mutable_hello() = ToProto(worker);
  absl::MutexLock lock(&mutex_);
  Send(std::move(hello));
  StartRead(&received_);
  StartCall();
}

void SimulatedWorker::Tick(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (!welcomed_) return;
  while (!to_retry_.empty() && to_retry_.front().sent + kRetryAfter <= now) {
    Shard shard = std::move(to_retry_.front());
    to_retry_.pop_front();
    Answer(std::move(shard));
  }
  if (finishing_) return;
  if (now >= next_heartbeat_) {
    next_heartbeat_ = now + kHeartbeatEvery;
    auto message = std::make_unique<v1::WorkerMessage>();
    for (const auto* shards : {&leased_, &unanswered_, &to_retry_}) {
      for (const Shard& shard : *shards) *message->mutable_heartbeat()->add_leases() = shard.lease;
    }
    if (message->has_heartbeat()) Send(std::move(message));
  }
  if (options_.pace == absl::ZeroDuration() || now < next_answer_ || leased_.empty()) return;
  // Does not make up for time in which it had nothing.
  next_answer_ = std::max(next_answer_ + options_.pace, now - options_.pace);
  Shard shard = std::move(leased_.front());
  leased_.pop_front();
  Answer(std::move(shard));
  AskForLeases();
}

void SimulatedWorker::Finish() {
  absl::MutexLock lock(&mutex_);
  finishing_ = true;
  for (const Shard& shard : leased_) GiveBack(shard);
  leased_.clear();
  MaybeClose();
}

void SimulatedWorker::OnReadDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  if (!ok) {
    // The coordinator has ended the stream; so does this side.
    finishing_ = true;
    unanswered_.clear();
    to_retry_.clear();
    MaybeClose();
    return;
  }
  if (received_.has_welcome()) {
    welcomed_ = true;
    AskForLeases();
    absl::MutexLock counts_lock(&counts_->mutex);
    ++counts_->welcomed;
  } else if (received_.has_grant()) {
    HandleGrant(received_.grant());
  } else if (received_.has_ack()) {
    HandleAck(received_.ack());
  }
  StartRead(&received_);
}

void SimulatedWorker::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  if (outgoing_.front()->has_result()) spare_.push_back(std::move(outgoing_.front()));
  outgoing_.pop_front();
  if (!ok) outgoing_.clear();
  if (!outgoing_.empty()) StartWrite(outgoing_.front().get());
  MaybeClose();
}

void SimulatedWorker::OnDone(const grpc::Status& status) {
  if (!status.ok()) {
    absl::FPrintF(stderr, "%s: %s\n", id_, status.error_message());
  }
  absl::MutexLock lock(&counts_->mutex);
  ++counts_->ended;
}

void SimulatedWorker::HandleGrant(const v1::LeaseGrant& grant) {
  const absl::Time now = absl::Now();
  Shard shard;
  shard.lease = grant.lease();
  for (const v1::Item& item : grant.items()) shard.items.push_back(item.id());
  loaded_ = grant.model().weights_sha256();
  precision_ = grant.run().settings().precision();
  {
    absl::MutexLock lock(&counts_->mutex);
    ++counts_->granted;
    ++counts_->in_flight;
    if (!asked_.empty()) {
      const auto seconds = static_cast<float>(absl::ToDoubleSeconds(now - asked_.front()));
      if (first_leases_ == static_cast<size_t>(options_.shards_in_flight)) {
        counts_->lease_seconds.push_back(seconds);
      } else {
        if (++first_leases_ == 1) counts_->first_lease_seconds.push_back(seconds);
        counts_->first_leases_seconds.push_back(seconds);
      }
    }
  }
  if (!asked_.empty()) asked_.pop_front();
  if (finishing_) {
    GiveBack(shard);
  } else if (options_.pace == absl::ZeroDuration()) {
    Answer(std::move(shard));
  } else {
    if (next_answer_ == absl::InfinitePast()) next_answer_ = now + options_.first_answer;
    leased_.push_back(std::move(shard));
  }
}

void SimulatedWorker::HandleAck(const v1::CommitAck& ack) {
  for (auto shard = unanswered_.begin(); shard != unanswered_.end(); ++shard) {
    if (shard->lease.lease_id() != ack.lease().lease_id()) continue;
    absl::MutexLock lock(&counts_->mutex);
    if (ack.outcome() == v1::COMMIT_OUTCOME_RETRY) {
      ++counts_->retried;
      shard->sent = absl::Now();
      to_retry_.push_back(std::move(*shard));
      unanswered_.erase(shard);
      break;
    }
    --counts_->in_flight;
    const auto items = static_cast<int64_t>(shard->items.size());
    if (ack.outcome() == v1::COMMIT_OUTCOME_ACCEPTED) {
      counts_->stored += items;
      counts_->commit_seconds.push_back(
          static_cast<float>(absl::ToDoubleSeconds(absl::Now() - shard->sent)));
    } else {
      counts_->not_stored += items;
    }
    unanswered_.erase(shard);
    break;
  }
  AskForLeases();
  MaybeClose();
}

void SimulatedWorker::AskForLeases() {
  if (finishing_) return;
  const size_t held = leased_.size() + unanswered_.size() + to_retry_.size();
  const auto wanted = static_cast<size_t>(options_.shards_in_flight);
  if (held + asked_.size() >= wanted) return;
  while (held + asked_.size() < wanted) asked_.push_back(absl::Now());
  auto message = std::make_unique<v1::WorkerMessage>();
  message->mutable_lease_request()->set_leases(static_cast<int>(asked_.size()));
  message->mutable_lease_request()->set_loaded_weights_sha256(loaded_);
  message->mutable_lease_request()->set_loaded_precision(precision_);
  Send(std::move(message));
}

void SimulatedWorker::Answer(Shard shard) {
  MessagePtr message;
  if (!spare_.empty()) {
    message = std::move(spare_.back());
    spare_.pop_back();
  } else {
    message = std::make_unique<v1::WorkerMessage>();
  }
  v1::ShardResult& result = *message->mutable_result();
  *result.mutable_lease() = shard.lease;
  const int items = static_cast<int>(shard.items.size());
  while (result.predictions_size() > items) result.mutable_predictions()->RemoveLast();
  while (result.predictions_size() < items) *result.add_predictions() = made_up_;
  for (int i = 0; i < items; ++i) {
    result.mutable_predictions(i)->set_item_id(shard.items[static_cast<size_t>(i)]);
  }
  shard.sent = absl::Now();
  unanswered_.push_back(std::move(shard));
  Send(std::move(message));
}

void SimulatedWorker::GiveBack(const Shard& shard) {
  auto message = std::make_unique<v1::WorkerMessage>();
  *message->mutable_failure()->mutable_lease() = shard.lease;
  message->mutable_failure()->set_returned(true);
  Send(std::move(message));
  absl::MutexLock lock(&counts_->mutex);
  --counts_->in_flight;
}

void SimulatedWorker::Send(MessagePtr message) {
  if (closed_) return;
  outgoing_.push_back(std::move(message));
  if (outgoing_.size() == 1) StartWrite(outgoing_.front().get());
}

void SimulatedWorker::MaybeClose() {
  if (!finishing_ || closed_ || !outgoing_.empty()) return;
  if (!unanswered_.empty() || !to_retry_.empty()) return;
  closed_ = true;
  StartWritesDone();
}

}  // namespace assay
