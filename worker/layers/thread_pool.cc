#include "worker/layers/thread_pool.h"

#include <immintrin.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

namespace assay {
namespace {

constexpr int kSpins = 4000;

std::mutex shared_mutex;
std::unique_ptr<ThreadPool>& SharedSlot() {
  static std::unique_ptr<ThreadPool> pool;
  return pool;
}

// The processors that this process might use when it was first asked, before any thread was pinned.
const std::vector<int>& AllowedProcessors() {
  static const std::vector<int>* const allowed = [] {
    auto* processors = new std::vector<int>;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0) {
      for (int i = 0; i < CPU_SETSIZE; ++i) {
        if (CPU_ISSET(i, &set)) processors->push_back(i);
      }
    }
    return processors;
  }();
  return *allowed;
}

}  // namespace

ThreadPool::ThreadPool(int threads, std::vector<int> processors)
    : processors_(processors.size() == static_cast<size_t>(threads) ? std::move(processors)
                                                                    : std::vector<int>()) {
  for (int i = 1; i < threads; ++i) {
    workers_.emplace_back([this, i] { WorkerLoop(static_cast<size_t>(i)); });
  }
}

void ThreadPool::Pin(size_t index) const {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (!processors_.empty()) {
    CPU_SET(static_cast<size_t>(processors_[index]), &set);
  } else {
    for (const int processor : AllowedProcessors()) CPU_SET(processor, &set);
  }
  // Refused, it is only slower.
  pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

ThreadPool::~ThreadPool() {
  stop_ = true;
  generation_.fetch_add(1);
  generation_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::RunTasks() {
  for (int64_t task = next_.fetch_add(1); task < tasks_; task = next_.fetch_add(1)) {
    (*body_)(task);
  }
}

void ThreadPool::WorkerLoop(size_t index) {
  Pin(index);
  uint32_t seen = 0;
  while (true) {
    for (int spin = 0; spin < kSpins && generation_.load() == seen; ++spin) _mm_pause();
    while (generation_.load() == seen) generation_.wait(seen);
    // ParallelFor waits for every worker, so exactly one generation has passed.
    ++seen;
    if (stop_) return;
    RunTasks();
    if (running_.fetch_sub(1) == 1) running_.notify_one();
  }
}

void ThreadPool::ParallelFor(int64_t tasks, const std::function<void(int64_t)>& body) {
  if (tasks <= 0) return;
  if (workers_.empty() || tasks == 1) {
    for (int64_t task = 0; task < tasks; ++task) body(task);
    return;
  }
  // The caller of another pool before may be bound as that one wanted it.
  thread_local const ThreadPool* pinned_for = nullptr;
  if (pinned_for != this) Pin(0);
  pinned_for = this;
  body_ = &body;
  tasks_ = tasks;
  next_ = 0;
  running_ = static_cast<int>(workers_.size());
  generation_.fetch_add(1);
  generation_.notify_all();
  RunTasks();
  for (int spin = 0; spin < kSpins && running_.load() != 0; ++spin) _mm_pause();
  for (int left = running_.load(); left != 0; left = running_.load()) running_.wait(left);
}

ThreadPool& ThreadPool::Shared() {
  std::lock_guard<std::mutex> lock(shared_mutex);
  std::unique_ptr<ThreadPool>& pool = SharedSlot();
  if (pool == nullptr) {
    pool = std::make_unique<ThreadPool>(
        static_cast<int>(std::max(1u, std::thread::hardware_concurrency())), AllowedProcessors());
  }
  return *pool;
}

void ThreadPool::SetThreads(int threads) { SetThreads(threads, AllowedProcessors()); }

void ThreadPool::SetThreads(int threads, std::vector<int> processors) {
  std::lock_guard<std::mutex> lock(shared_mutex);
  SharedSlot() = std::make_unique<ThreadPool>(std::max(1, threads), std::move(processors));
}

}  // namespace assay
