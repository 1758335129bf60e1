#include "common/logging/log_context.h"

#include <atomic>
#include <deque>
#include <utility>

#include "absl/base/attributes.h"
#include "absl/base/const_init.h"
#include "absl/synchronization/mutex.h"

namespace assay {
namespace {

LogFields& OfThread() {
  thread_local LogFields fields;
  return fields;
}

std::atomic<const LogFields*> of_process = nullptr;

void Overlay(const LogFields& above, LogFields* fields) {
  if (above.job_id != 0) fields->job_id = above.job_id;
  if (above.run_id != 0) fields->run_id = above.run_id;
  if (above.shard_id != 0) fields->shard_id = above.shard_id;
  if (!above.worker_id.empty()) fields->worker_id = above.worker_id;
  if (!above.model.empty()) fields->model = above.model;
  if (!above.trace_id.empty()) fields->trace_id = above.trace_id;
  if (!above.span_id.empty()) fields->span_id = above.span_id;
}

}  // namespace

LogContext::LogContext(const LogFields& fields) : before_(OfThread()) {
  Overlay(fields, &OfThread());
}

LogContext::~LogContext() { OfThread() = std::move(before_); }

LogFields LogContext::Current() {
  LogFields fields;
  if (const LogFields* process = of_process.load(); process != nullptr) fields = *process;
  Overlay(OfThread(), &fields);
  return fields;
}

void LogContext::SetProcess(const LogFields& fields) {
  // What was there before may be read just now, so all of them stay.
  ABSL_CONST_INIT static absl::Mutex mutex(absl::kConstInit);
  static auto* const kept = new std::deque<LogFields>();
  absl::MutexLock lock(&mutex);
  of_process.store(&kept->emplace_back(fields));
}

}  // namespace assay
