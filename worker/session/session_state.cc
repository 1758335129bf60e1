#include "worker/session/session_state.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/benchmark/utf8.h"
#include "common/logging/log_context.h"
#include "common/rpc/convert.h"
#include "common/rpc/limits.h"
#include "spdlog/spdlog.h"

namespace assay {
namespace {

constexpr size_t kLongestMessage = 4096;
constexpr int kHeartbeatsPerLease = 3;

// A message that gets through and can be stored: one with ill-formed UTF-8 or NUL would be sent
// again for ever.
std::string Sendable(std::string message) {
  if (message.size() > kLongestMessage) message.resize(kLongestMessage);
  const bool fine = FindInvalidUtf8(message) == absl::string_view::npos &&
                    message.find('\0') == std::string::npos;
  return fine ? message : absl::CHexEscape(message);
}

v1::WorkerMessage FailureMessage(const LeaseKey& lease, ShardFailure failure) {
  v1::WorkerMessage message;
  v1::ShardFailure& proto = *message.mutable_failure();
  *proto.mutable_lease() = ToProto(lease);
  proto.set_message(Sendable(std::move(failure.message)));
  proto.set_fatal_for_run(failure.fatal_for_run);
  proto.set_returned(failure.returned);
  return message;
}

v1::WorkerMessage ReportMessage(const ShardReport& report) {
  if (const auto* failure = std::get_if<ShardFailure>(&report.outcome)) {
    return FailureMessage(report.lease, *failure);
  }
  v1::WorkerMessage message;
  v1::ShardResult& result = *message.mutable_result();
  *result.mutable_lease() = ToProto(report.lease);
  for (const Prediction& prediction : std::get<std::vector<Prediction>>(report.outcome)) {
    *result.add_predictions() = ToProto(prediction);
  }
  result.set_traceparent(report.traceparent);
  v1::WorkDone& work = *result.mutable_work();
  work.set_busy_seconds(report.work.busy_seconds);
  work.set_prompt_tokens(report.work.prompt_tokens);
  work.set_generated_tokens(report.work.generated_tokens);
  work.set_load_seconds(report.work.load_seconds);
  const size_t bytes = message.ByteSizeLong();
  if (bytes <= static_cast<size_t>(kMaxMessageBytes)) return message;
  return FailureMessage(
      report.lease,
      {absl::StrCat("the predictions of ", result.predictions_size(), " items take ", bytes,
                    " bytes, more than a message may have (", kMaxMessageBytes, ")"),
       false, false});
}

}  // namespace

SessionState::SessionState(Options options) : options_(std::move(options)) {}

void SessionState::Opened() {
  said_hello_ = false;
  welcomed_ = false;
  requested_ = 0;
  requested_remote_ = 0;
  requested_model_.reset();
  for (auto& [id, held] : held_) held.send_at = absl::InfinitePast();
}

void SessionState::Welcomed(const v1::Welcome& welcome, absl::Time now) {
  welcomed_ = true;
  // At once: a coordinator that has just started learns what is held.
  next_heartbeat_ = now;
  if (std::isfinite(welcome.lease_seconds()) && welcome.lease_seconds() > 0) {
    heartbeat_period_ = std::max(absl::Seconds(welcome.lease_seconds()) / kHeartbeatsPerLease,
                                 absl::Milliseconds(10));
  }
}

bool SessionState::Granted(const LeaseKey& lease, bool remote) {
  if (!held_.try_emplace(lease.lease_id, Held{lease, nullptr, absl::InfinitePast(), remote})
           .second) {
    return false;
  }
  int& requested = remote ? requested_remote_ : requested_;
  requested = std::max(requested - 1, 0);
  return true;
}

void SessionState::Revoked(const LeaseKey& lease) { held_.erase(lease.lease_id); }

void SessionState::Reported(ShardReport report) {
  const auto found = held_.find(report.lease.lease_id);
  if (found == held_.end()) return;
  found->second.report = std::make_shared<const v1::WorkerMessage>(ReportMessage(report));
  found->second.send_at = absl::InfinitePast();
}

void SessionState::Acknowledged(const v1::CommitAck& ack, absl::Time now) {
  const auto found = held_.find(ack.lease().lease_id());
  if (found == held_.end() || found->second.report == nullptr) return;
  const LogContext context({.shard_id = ack.lease().shard_id()});
  switch (ack.outcome()) {
    case v1::COMMIT_OUTCOME_RETRY:
      found->second.send_at = now + options_.resend_delay;
      return;
    case v1::COMMIT_OUTCOME_ACCEPTED:
    case v1::COMMIT_OUTCOME_DUPLICATE:
      break;
    case v1::COMMIT_OUTCOME_STALE:
      SPDLOG_WARN("the report of shard {} came too late: its lease was over",
                  ack.lease().shard_id());
      break;
    default:
      // An outcome that this worker does not know is no promise that anything was stored, but the
      // coordinator is done with it; if it was not stored, the lease runs out and the shard is run
      // again.
      SPDLOG_ERROR("the report of shard {} was refused (outcome {}): {}", ack.lease().shard_id(),
                   static_cast<int>(ack.outcome()), ack.message());
  }
  held_.erase(found);
}

void SessionState::Drain() { draining_ = true; }

std::shared_ptr<const v1::WorkerMessage> SessionState::NextMessage(
    absl::Time now, const std::optional<ModelKey>& preferred) {
  if (!said_hello_) {
    said_hello_ = true;
    return MakeHello();
  }
  if (!welcomed_) return nullptr;
  if (now >= next_heartbeat_) {
    next_heartbeat_ = now + heartbeat_period_;
    return MakeHeartbeat();
  }
  for (auto& [id, held] : held_) {
    if (held.report == nullptr || now < held.send_at) continue;
    held.send_at = absl::InfiniteFuture();
    return held.report;
  }
  return MaybeLeaseRequest(preferred);
}

absl::Time SessionState::NextTime() const {
  if (!said_hello_) return absl::InfinitePast();
  if (!welcomed_) return absl::InfiniteFuture();
  absl::Time next = next_heartbeat_;
  for (const auto& [id, held] : held_) {
    if (held.report != nullptr) next = std::min(next, held.send_at);
  }
  return next;
}

std::shared_ptr<const v1::WorkerMessage> SessionState::MakeHello() const {
  auto message = std::make_shared<v1::WorkerMessage>();
  *message->mutable_hello() = ToProto(options_.worker);
  return message;
}

std::shared_ptr<const v1::WorkerMessage> SessionState::MakeHeartbeat() const {
  auto message = std::make_shared<v1::WorkerMessage>();
  v1::Heartbeat& heartbeat = *message->mutable_heartbeat();
  for (const auto& [id, held] : held_) *heartbeat.add_leases() = ToProto(held.key);
  return message;
}

int SessionState::WantedLeases(bool remote, int in_flight) const {
  if (draining_) return 0;
  int unfinished = 0, unanswered = 0;
  for (const auto& [id, held] : held_) {
    if (held.remote == remote) ++(held.report == nullptr ? unfinished : unanswered);
  }
  // Reports that are not taken in, because the coordinator's database is slow or away, must not
  // pile up.
  const int waiting = std::max(unanswered - in_flight, 0);
  return std::max(in_flight - unfinished - waiting, 0);
}

std::shared_ptr<const v1::WorkerMessage> SessionState::MaybeLeaseRequest(
    const std::optional<ModelKey>& preferred) {
  const int wanted = WantedLeases(/*remote=*/false, options_.shards_in_flight);
  const int wanted_remote = WantedLeases(/*remote=*/true, options_.remote_shards_in_flight);
  const bool more = wanted > requested_ || wanted_remote > requested_remote_;
  const bool other_model = wanted > 0 && preferred != requested_model_;
  const bool no_more = draining_ && (requested_ > 0 || requested_remote_ > 0);
  if (!more && !other_model && !no_more) return nullptr;
  requested_ = wanted;
  requested_remote_ = wanted_remote;
  requested_model_ = preferred;
  auto message = std::make_shared<v1::WorkerMessage>();
  v1::LeaseRequest& request = *message->mutable_lease_request();
  request.set_leases(wanted);
  request.set_remote_leases(wanted_remote);
  if (preferred.has_value()) {
    request.set_loaded_weights_sha256(preferred->weights_sha256);
    request.set_loaded_precision(ToProto(preferred->precision));
  }
  return message;
}

}  // namespace assay
