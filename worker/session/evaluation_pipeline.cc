#include "worker/session/evaluation_pipeline.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/logging/log_context.h"
#include "spdlog/spdlog.h"
#include "worker/machine/machine.h"
#include "worker/session/reuse.h"
#include "worker/session/shard_tracker.h"

namespace assay {
namespace {

// The engine takes requests in the order of their tokens, so a shard could be overtaken for ever:
// no further shard starts when so many have started after the oldest one that is running.
constexpr int64_t kMostOvertaking = 8;

}  // namespace

EvaluationPipeline::EvaluationPipeline(ModelLoader* loader, BenchmarkFinder find_benchmark,
                                       Clock* clock, ReportSink sink, int most_running,
                                       ProgramStage* programs, WorkObserver* observer)
    : loader_(loader),
      find_benchmark_(std::move(find_benchmark)),
      clock_(clock),
      sink_(std::move(sink)),
      most_running_(most_running),
      programs_(programs),
      observer_(observer) {}

EvaluationPipeline::~EvaluationPipeline() { Stop(); }

void EvaluationPipeline::Start() {
  preparation_ = std::thread([this] { RunPreparation(); });
  engine_ = std::thread([this] { RunEngine(); });
}

void EvaluationPipeline::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (preparation_.joinable()) preparation_.join();
  if (engine_.joinable()) engine_.join();
}

void EvaluationPipeline::Accept(Lease lease) {
  const LeaseKey key = lease.key;
  {
    absl::MutexLock lock(&mutex_);
    if (!returning_) {
      auto shard = std::make_shared<Shard>();
      shard->model = KeyOf(lease);
      shard->lease = std::move(lease);
      shards_.push_back(std::move(shard));
      return;
    }
  }
  sink_({key, ShardFailure{"the worker is shutting down", false, true}});
}

void EvaluationPipeline::Cancel(const LeaseKey& lease) {
  absl::MutexLock lock(&mutex_);
  const auto found = std::find_if(shards_.begin(), shards_.end(),
                                  [&](const ShardPtr& shard) { return shard->lease.key == lease; });
  if (found == shards_.end()) return;
  if ((*found)->stage == Stage::kRunning) cancelled_.push_back(lease);
  shards_.erase(found);
}

std::optional<ModelKey> EvaluationPipeline::PreferredModel() const {
  absl::MutexLock lock(&mutex_);
  return shards_.empty() ? model_key_ : shards_.back()->model;
}

void EvaluationPipeline::ReturnUnfinished() {
  std::list<ShardPtr> unfinished;
  {
    absl::MutexLock lock(&mutex_);
    returning_ = true;
    unfinished.swap(shards_);
    for (const ShardPtr& shard : unfinished) {
      if (shard->stage == Stage::kRunning) cancelled_.push_back(shard->lease.key);
    }
  }
  for (const ShardPtr& shard : unfinished) {
    sink_({shard->lease.key, ShardFailure{"the worker is shutting down", false, true}});
  }
}

EvaluationPipeline::ShardPtr EvaluationPipeline::NextToPrepare() const {
  for (const ShardPtr& shard : shards_) {
    if (!model_key_.has_value() || shard->model != *model_key_) return nullptr;
    if (shard->stage == Stage::kWaiting) return shard;
  }
  return nullptr;
}

bool EvaluationPipeline::MustSwapModel() const {
  return !preparing_ && !shards_.empty() &&
         (!model_key_.has_value() || shards_.front()->model != *model_key_);
}

bool EvaluationPipeline::PreparationHasWork() const {
  return stopping_ || NextToPrepare() != nullptr;
}

bool EvaluationPipeline::EngineHasWork() const {
  return stopping_ || engine_busy_ || !cancelled_.empty() || MustSwapModel() ||
         std::any_of(shards_.begin(), shards_.end(),
                     [](const ShardPtr& shard) { return shard->stage == Stage::kPrepared; });
}

void EvaluationPipeline::RunPreparation() {
  while (true) {
    ShardPtr shard;
    std::shared_ptr<ServedModel> model;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &EvaluationPipeline::PreparationHasWork));
      if (stopping_) return;
      shard = NextToPrepare();
      shard->stage = Stage::kPreparing;
      model = model_;
      preparing_ = true;
    }
    bool fatal_for_run = false;
    CompletionRule program;
    const LogContext context(LogFieldsOf(shard->lease));
    const absl::Time begin = clock_->Now();
    absl::StatusOr<std::vector<PreparedItem>> items =
        Prepare(shard->lease, *model, &program, &fatal_for_run);
    model.reset();
    const absl::Time end = clock_->Now();
    RecordWorkSpan(shard->lease, "tokenize", begin, end, std::string(items.status().message()));
    if (observer_ != nullptr) observer_->Prepared(end - begin);
    {
      absl::MutexLock lock(&mutex_);
      preparing_ = false;
      if (items.ok()) {
        shard->items = *std::move(items);
        shard->program = std::move(program);
        shard->stage = Stage::kPrepared;
        continue;
      }
    }
    Report({shard->lease.key, ShardFailure{std::string(items.status().message()), fatal_for_run,
                                           false, FailedPart::kPreparation}});
  }
}

absl::StatusOr<std::vector<PreparedItem>> EvaluationPipeline::Prepare(const Lease& lease,
                                                                      const ServedModel& model,
                                                                      CompletionRule* program,
                                                                      bool* fatal_for_run) const {
  *fatal_for_run = true;
  ASSAY_ASSIGN_OR_RETURN(const ResolvedRun run, ResolveRun(lease, find_benchmark_));
  *program = CompletionRuleOf(*run.protocol);
  if (program->program != ProgramKind::kNone) {
    // Known before the model has run for nothing.
    ASSAY_RETURN_IF_ERROR(programs_ != nullptr
                              ? programs_->Check()
                              : absl::FailedPreconditionError("this worker runs no programs"));
  }
  ASSAY_RETURN_IF_ERROR(PromptForm(&lease.run.settings, &model.codec()).Check());
  *fatal_for_run = false;
  ASSAY_ASSIGN_OR_RETURN(std::vector<PreparedItem> items,
                         PrepareItems(lease, run, model.codec(), model.stop_token_ids()));
  if (const int taken = TakeReusable(lease.reusable, &items); taken > 0) {
    SPDLOG_INFO("shard {} of run {} ({}): {} of {} predictions are known from earlier runs",
                lease.key.shard_id, lease.run.run_id, lease.run.benchmark, taken, items.size());
  }
  return items;
}

EvaluationPipeline::EngineWork EvaluationPipeline::TakeEngineWork() {
  EngineWork work;
  work.cancelled.swap(cancelled_);
  if (MustSwapModel()) {
    // All shards of the loaded model have left: what the executor still has is in `cancelled`.
    work.needs_model = shards_.front();
    return work;
  }
  int running = 0;
  int64_t oldest = started_;
  for (const ShardPtr& shard : shards_) {
    if (shard->stage == Stage::kRunning) {
      ++running;
      oldest = std::min(oldest, shard->start_number);
    } else if (shard->stage == Stage::kPrepared && running < most_running_ &&
               started_ - oldest <= kMostOvertaking) {
      ++running;
      shard->stage = Stage::kRunning;
      shard->start_number = started_++;
      shard->started = clock_->Now();
      work.prepared.push_back(shard);
    }
  }
  return work;
}

void EvaluationPipeline::RunEngine() {
  while (true) {
    EngineWork work;
    {
      absl::MutexLock lock(&mutex_);
      engine_busy_ = executor_ != nullptr && !executor_->idle();
      mutex_.Await(absl::Condition(this, &EvaluationPipeline::EngineHasWork));
      if (stopping_) break;
      work = TakeEngineWork();
    }
    if (executor_ != nullptr) {
      for (const LeaseKey& lease : work.cancelled) executor_->Cancel(lease);
    }
    if (work.needs_model != nullptr) {
      SwapModel(*work.needs_model);
      continue;
    }
    std::vector<ShardReport> reports;
    if (!work.prepared.empty() && executor_->idle()) {
      busy_since_ = clock_->Now();
      busy_tokens_ = 0;
    }
    for (const ShardPtr& shard : work.prepared) {
      executor_->Add(shard->lease.key, std::move(shard->items), &reports);
    }
    absl::Status status;
    if (executor_ != nullptr && !executor_->idle()) {
      const absl::Time begin = clock_->Now();
      status = executor_->Step(&reports);
      work_.busy_seconds += absl::ToDoubleSeconds(clock_->Now() - begin);
    }
    for (ShardReport& report : reports) Report(std::move(report));
    if (!status.ok()) {
      SPDLOG_ERROR("the engine could not be made anew, so the model is dropped: {}",
                   status.ToString());
      DropModel();
    }
  }
  DropModel();
}

void EvaluationPipeline::DropModel() {
  executor_.reset();
  absl::MutexLock lock(&mutex_);
  // Whoever prepares a shard uses the model; it must be gone before the next is loaded, or both are
  // in memory.
  mutex_.Await(absl::Condition(
      +[](bool* preparing) { return !*preparing; }, &preparing_));
  model_.reset();
  model_key_.reset();
  for (const ShardPtr& shard : shards_) shard->stage = Stage::kWaiting;
}

void EvaluationPipeline::SwapModel(const Shard& shard) {
  DropModel();
  const Lease& lease = shard.lease;
  const LogContext context(LogFieldsOf(lease));
  const std::string precision(PrecisionName(lease.run.settings.precision));
  SPDLOG_INFO("loading model {} ({}) from {}", lease.model.name, precision, lease.model.path);
  const absl::Time begin = clock_->Now();
  absl::StatusOr<std::unique_ptr<ServedModel>> loaded =
      loader_->Load(lease.model, lease.run.settings.precision);
  RecordWorkSpan(lease, "load model", begin, clock_->Now(), std::string(loaded.status().message()));
  if (loaded.ok()) {
    work_ = {};
    work_.load_seconds = absl::ToDoubleSeconds(clock_->Now() - begin);
    SPDLOG_INFO("model {} is loaded in {:.1f} s; the process takes {} MiB", lease.model.name,
                work_.load_seconds, ResidentBytes() >> 20);
    absl::MutexLock lock(&mutex_);
    model_ = *std::move(loaded);
    model_key_ = shard.model;
    executor_ = std::make_unique<ShardExecutor>(model_.get());
    return;
  }
  SPDLOG_ERROR("model {} cannot be loaded: {}", lease.model.name, loaded.status().ToString());
  // Memory may be there on another worker, or later; the files stay what they are.
  const ShardFailure failure{
      absl::StrCat("model ", lease.model.name, " cannot be loaded: ", loaded.status().message()),
      !absl::IsResourceExhausted(loaded.status()), false, FailedPart::kLoad};
  std::vector<LeaseKey> failed;
  {
    absl::MutexLock lock(&mutex_);
    shards_.remove_if([&](const ShardPtr& waiting) {
      if (waiting->model != shard.model) return false;
      failed.push_back(waiting->lease.key);
      return true;
    });
  }
  for (const LeaseKey& key : failed) sink_({key, failure});
}

void EvaluationPipeline::Report(ShardReport report) {
  ShardPtr shard;
  {
    absl::MutexLock lock(&mutex_);
    const auto found = std::find_if(shards_.begin(), shards_.end(), [&](const ShardPtr& candidate) {
      return candidate->lease.key == report.lease;
    });
    if (found == shards_.end()) return;
    shard = std::move(*found);
    shards_.erase(found);
  }
  const LogContext context(LogFieldsOf(shard->lease));
  if (shard->stage == Stage::kRunning) {
    const auto* const failure = std::get_if<ShardFailure>(&report.outcome);
    RecordWorkSpan(shard->lease, "forward", shard->started, clock_->Now(),
                   failure == nullptr ? "" : failure->message);
  }
  LogFinished(shard->lease, report);
  auto* const predictions = std::get_if<std::vector<Prediction>>(&report.outcome);
  // Not of a shard that could not be prepared, which another thread reports.
  if (predictions != nullptr) report.work = std::exchange(work_, {});
  if (shard->program.program != ProgramKind::kNone && predictions != nullptr) {
    programs_->Accept(std::move(shard->lease), std::move(shard->program), std::move(*predictions),
                      report.work);
    return;
  }
  sink_(std::move(report));
}

void EvaluationPipeline::LogFinished(const Lease& lease, const ShardReport& report) {
  if (const auto* failure = std::get_if<ShardFailure>(&report.outcome)) {
    SPDLOG_WARN("shard {} of run {} ({}) failed: {}", lease.key.shard_id, lease.run.run_id,
                lease.run.benchmark, failure->message);
    return;
  }
  const auto& predictions = std::get<std::vector<Prediction>>(report.outcome);
  for (const Prediction& prediction : predictions) {
    if (prediction.reused_run != 0) continue;
    const auto generated = static_cast<int64_t>(prediction.output_token_ids.size());
    work_.prompt_tokens += prediction.prompt_tokens - prediction.cached_tokens;
    work_.generated_tokens += generated;
    busy_tokens_ += prediction.prompt_tokens - prediction.cached_tokens + generated;
  }
  // Shards overlap in the engine, so the rate is that of all since it was idle.
  const double seconds = absl::ToDoubleSeconds(clock_->Now() - busy_since_);
  SPDLOG_INFO("shard {} of run {} ({}): {} items, {:.0f} tokens/s computed", lease.key.shard_id,
              lease.run.run_id, lease.run.benchmark, predictions.size(),
              seconds > 0 ? static_cast<double>(busy_tokens_) / seconds : 0.0);
}

}  // namespace assay
