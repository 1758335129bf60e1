#include "worker/session/program_stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace assay {
namespace {

ShardFailure Returned() { return {"the worker is shutting down", false, true}; }

}  // namespace

ProgramStage::ProgramStage(ProgramRunner* runner, int threads, ReportSink sink)
    : runner_(runner), thread_count_(threads), sink_(std::move(sink)) {}

ProgramStage::~ProgramStage() { Stop(); }

void ProgramStage::Start() {
  for (int i = 0; i < thread_count_; ++i) {
    threads_.emplace_back([this] { RunPrograms(); });
  }
}

void ProgramStage::Accept(Lease lease, CompletionRule rule, std::vector<Prediction> predictions,
                          const WorkDone& work) {
  const LeaseKey key = lease.key;
  bool returning = false;
  const bool empty = predictions.empty();
  {
    absl::MutexLock lock(&mutex_);
    returning = returning_;
    if (!returning && !empty) {
      auto shard = std::make_shared<Shard>();
      shard->lease = std::move(lease);
      shard->rule = std::move(rule);
      shard->unfinished = predictions.size();
      shard->predictions = std::move(predictions);
      shard->work = work;
      shards_.push_back(std::move(shard));
      return;
    }
  }
  if (returning) return sink_({key, Returned()});
  sink_({key, std::move(predictions)});
}

void ProgramStage::ReturnUnfinished() {
  std::list<ShardPtr> unfinished;
  {
    absl::MutexLock lock(&mutex_);
    returning_ = true;
    unfinished.swap(shards_);
  }
  for (const ShardPtr& shard : unfinished) sink_({shard->lease.key, Returned()});
}

void ProgramStage::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (threads_.empty()) return;
  runner_->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

ProgramStage::ShardPtr ProgramStage::NextShard() const {
  const auto found = std::find_if(shards_.begin(), shards_.end(), [](const ShardPtr& shard) {
    return shard->next < shard->predictions.size();
  });
  return found == shards_.end() ? nullptr : *found;
}

void ProgramStage::RunPrograms() {
  while (true) {
    ShardPtr shard;
    size_t index = 0;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &ProgramStage::HasWork));
      if (stopping_) return;
      shard = NextShard();
      index = shard->next++;
    }
    // No one writes to what is read here while the program is unfinished.
    const Prediction& prediction = shard->predictions[index];
    if (!prediction.error.empty()) {
      Finish(shard, index, std::string());
      continue;
    }
    const size_t item = index / static_cast<size_t>(shard->lease.run.settings.sampling.samples);
    std::string program = MakeHumanEvalProgram(shard->lease.items[item],
                                               ExtractCompletion(shard->rule, prediction.output));
    Finish(shard, index, runner_->Run(std::move(program)));
  }
}

void ProgramStage::Finish(const ShardPtr& shard, size_t index,
                          absl::StatusOr<std::string> outcome) {
  ShardReport report{shard->lease.key, std::vector<Prediction>()};
  {
    absl::MutexLock lock(&mutex_);
    const auto found = std::find(shards_.begin(), shards_.end(), shard);
    if (stopping_ || found == shards_.end()) return;  // returned, or failed before
    if (outcome.ok()) {
      shard->predictions[index].program_outcome = *std::move(outcome);
      if (--shard->unfinished > 0) return;
      report.outcome = std::move(shard->predictions);
      report.work = shard->work;
    } else {
      report.outcome =
          ShardFailure{absl::StrCat("item ", shard->predictions[index].item_id,
                                    ": its program could not be run: ", outcome.status().message()),
                       false, false, FailedPart::kProgram};
    }
    shards_.erase(found);
  }
  sink_(std::move(report));
}

}  // namespace assay
