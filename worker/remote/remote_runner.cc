#include "worker/remote/remote_runner.h"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/logging/log_context.h"
#include "common/remote/remote_model.h"
#include "spdlog/spdlog.h"
#include "worker/remote/remote_model.h"
#include "worker/session/shard_tracker.h"

namespace assay {

struct RemoteRunner::Endpoint {
  Endpoint(const ModelSpec& spec, std::string key, const RemoteParts& parts)
      : client(spec, std::move(key), parts.options, parts.transport, parts.clock, parts.wait,
               parts.random),
        model(spec, &client) {}

  EndpointClient client;
  RemoteModel model;
  std::list<ShardPtr> queue;  // guarded by the runner's lock
  std::vector<std::thread> threads;
};

RemoteRunner::RemoteRunner(RemoteParts parts, ReportSink sink, ProgramStage* programs)
    : parts_(std::move(parts)), sink_(std::move(sink)), programs_(programs) {}

RemoteRunner::~RemoteRunner() { Stop(); }

// Threads come with the first lease of an endpoint.
void RemoteRunner::Start() {}

void RemoteRunner::Stop() {
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const ShardPtr& shard : shards_) End(*shard);
    shards_.clear();
    for (auto& [name, endpoint] : endpoints_) {
      for (std::thread& thread : endpoint->threads) threads.push_back(std::move(thread));
      endpoint->threads.clear();
    }
  }
  for (std::thread& thread : threads) thread.join();
}

void RemoteRunner::Accept(Lease lease) {
  auto shard = std::make_shared<Shard>();
  shard->lease = std::move(lease);
  ShardFailure failure{"the worker is shutting down", false, true};
  {
    absl::MutexLock lock(&mutex_);
    if (!returning_ && !stopping_) {
      const absl::StatusOr<Endpoint*> endpoint = EndpointOf(shard->lease.model);
      if (endpoint.ok()) {
        shards_.push_back(shard);
        (*endpoint)->queue.push_back(shard);
        return;
      }
      failure = {absl::StrCat("model ", shard->lease.model.name, ": ", endpoint.status().message()),
                 true, false};
    }
  }
  sink_({shard->lease.key, std::move(failure)});
}

void RemoteRunner::Cancel(const LeaseKey& lease) {
  absl::MutexLock lock(&mutex_);
  const auto found = std::find_if(shards_.begin(), shards_.end(),
                                  [&](const ShardPtr& shard) { return shard->lease.key == lease; });
  if (found == shards_.end()) return;
  End(**found);
  shards_.erase(found);
}

void RemoteRunner::End(Shard& shard) {
  shard.stage = Stage::kOver;
  shard.cancellation.Cancel();
}

void RemoteRunner::ReturnUnfinished() {
  std::list<ShardPtr> unfinished;
  {
    absl::MutexLock lock(&mutex_);
    returning_ = true;
    unfinished.swap(shards_);
    for (const ShardPtr& shard : unfinished) End(*shard);
  }
  for (const ShardPtr& shard : unfinished) {
    sink_({shard->lease.key, ShardFailure{"the worker is shutting down", false, true}});
  }
}

absl::StatusOr<RemoteRunner::Endpoint*> RemoteRunner::EndpointOf(const ModelSpec& model) {
  if (!model.remote.has_value()) return absl::InternalError("it is not a remote model");
  const std::string name = absl::StrCat(model.path, " ", RemoteEndpointToJson(*model.remote));
  std::unique_ptr<Endpoint>& endpoint = endpoints_[name];
  if (endpoint == nullptr) {
    const absl::StatusOr<std::string> key = parts_.keys->Find(model.remote->key_name, model.path);
    if (!key.ok()) {
      endpoints_.erase(name);
      return key.status();
    }
    SPDLOG_INFO("model {} is asked at {}, {} requests at once", model.name, model.path,
                model.remote->concurrency);
    endpoint = std::make_unique<Endpoint>(model, *key, parts_);
    for (int i = 0; i < model.remote->concurrency; ++i) {
      endpoint->threads.emplace_back([this, asked = endpoint.get()] { Ask(asked); });
    }
  }
  return endpoint.get();
}

bool RemoteRunner::HasTask(const Endpoint& endpoint) const {
  return std::any_of(endpoint.queue.begin(), endpoint.queue.end(), [](const ShardPtr& shard) {
    return shard->stage == Stage::kWaiting || shard->stage == Stage::kPrepared;
  });
}

RemoteRunner::Task RemoteRunner::NextTask(Endpoint* endpoint) {
  for (auto place = endpoint->queue.begin(); place != endpoint->queue.end();) {
    const ShardPtr shard = *place;
    if (shard->stage == Stage::kOver) {
      place = endpoint->queue.erase(place);
      continue;
    }
    if (shard->stage == Stage::kWaiting) {
      shard->stage = Stage::kPreparing;
      return {shard, /*prepare=*/true, 0};
    }
    if (shard->stage == Stage::kPrepared) {
      const size_t item = shard->next++;
      if (shard->next == shard->items.size()) endpoint->queue.erase(place);
      return {shard, /*prepare=*/false, item};
    }
    ++place;
  }
  return {};
}

void RemoteRunner::Ask(Endpoint* endpoint) {
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mutex_);
      const auto ready = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
        return stopping_ || HasTask(*endpoint);
      };
      mutex_.Await(absl::Condition(&ready));
      if (stopping_) return;
      task = NextTask(endpoint);
    }
    if (task.prepare) {
      Prepare(task.shard);
    } else {
      Answer(endpoint, task.shard, task.item);
    }
  }
}

void RemoteRunner::Prepare(const ShardPtr& shard) {
  const absl::StatusOr<ResolvedRun> run = ResolveRun(shard->lease, parts_.find_benchmark);
  if (!run.ok()) return Fail(shard, run.status(), /*fatal_for_run=*/true);
  if (run->protocol->program != ProgramKind::kNone) {
    const absl::Status check = programs_ != nullptr
                                   ? programs_->Check()
                                   : absl::FailedPreconditionError("this worker runs no programs");
    if (!check.ok()) return Fail(shard, check, /*fatal_for_run=*/true);
  }
  absl::StatusOr<std::vector<RemoteItem>> items = PrepareRemoteItems(shard->lease, *run);
  if (!items.ok()) return Fail(shard, items.status(), /*fatal_for_run=*/false);
  absl::MutexLock lock(&mutex_);
  if (shard->stage == Stage::kOver) return;
  shard->run = *run;
  shard->items = *std::move(items);
  shard->predictions.resize(shard->items.size());
  shard->unfinished = shard->items.size();
  shard->stage = Stage::kPrepared;
}

void RemoteRunner::Answer(Endpoint* endpoint, const ShardPtr& shard, size_t item) {
  absl::StatusOr<std::vector<Prediction>> predictions = endpoint->model.Answer(
      shard->items[item], *shard->run.protocol, shard->lease.run.settings, shard->cancellation);
  if (absl::IsCancelled(predictions.status())) return;
  if (!predictions.ok()) return Fail(shard, predictions.status(), /*fatal_for_run=*/true);
  {
    absl::MutexLock lock(&mutex_);
    shard->predictions[item] = *std::move(predictions);
    if (--shard->unfinished > 0) return;
  }
  Finish(shard);
}

void RemoteRunner::Finish(const ShardPtr& shard) {
  if (!Remove(shard)) return;
  std::vector<Prediction> predictions;
  int64_t tokens = 0;
  int64_t errors = 0;
  for (std::vector<Prediction>& samples : shard->predictions) {
    for (Prediction& prediction : samples) {
      tokens += prediction.prompt_tokens + prediction.generated_tokens;
      errors += prediction.error.empty() ? 0 : 1;
      predictions.push_back(std::move(prediction));
    }
  }
  const RunSpec& run = shard->lease.run;
  const LogContext context(LogFieldsOf(shard->lease));
  SPDLOG_INFO("shard {} of run {} ({}): {} items by {}, {} tokens, {} errors",
              shard->lease.key.shard_id, run.run_id, run.benchmark, shard->items.size(),
              shard->lease.model.name, tokens, errors);
  if (shard->run.protocol->program != ProgramKind::kNone) {
    programs_->Accept(std::move(shard->lease), CompletionRuleOf(*shard->run.protocol),
                      std::move(predictions));
    return;
  }
  sink_({shard->lease.key, std::move(predictions)});
}

void RemoteRunner::Fail(const ShardPtr& shard, const absl::Status& status, bool fatal_for_run) {
  std::list<ShardPtr> failed;
  {
    absl::MutexLock lock(&mutex_);
    if (shard->stage == Stage::kOver) return;
    for (auto place = shards_.begin(); place != shards_.end();) {
      const auto next = std::next(place);
      const bool same_run = (*place)->lease.run.run_id == shard->lease.run.run_id;
      if (*place == shard || (fatal_for_run && same_run)) {
        End(**place);
        failed.splice(failed.end(), shards_, place);
      }
      place = next;
    }
  }
  const ShardFailure failure{
      absl::StrCat("model ", shard->lease.model.name, ": ", status.message()), fatal_for_run, false,
      FailedPart::kEndpoint};
  const LogContext context(LogFieldsOf(shard->lease));
  SPDLOG_WARN("shard {} of run {} ({}) failed: {}", shard->lease.key.shard_id,
              shard->lease.run.run_id, shard->lease.run.benchmark, failure.message);
  for (const ShardPtr& one : failed) sink_({one->lease.key, failure});
}

bool RemoteRunner::Remove(const ShardPtr& shard) {
  absl::MutexLock lock(&mutex_);
  const auto found = std::find(shards_.begin(), shards_.end(), shard);
  if (found == shards_.end()) return false;
  End(*shard);
  shards_.erase(found);
  return true;
}

}  // namespace assay
