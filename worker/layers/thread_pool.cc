#include "worker/layers/thread_pool.h"

#include <immintrin.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace assay {
namespace {

constexpr int kSpins = 4000;

std::mutex shared_mutex;
std::unique_ptr<ThreadPool>& SharedSlot() {
  static std::unique_ptr<ThreadPool> pool;
  return pool;
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { WorkerLoop(); });
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

void ThreadPool::WorkerLoop() {
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
        static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  }
  return *pool;
}

void ThreadPool::SetThreads(int threads) {
  std::lock_guard<std::mutex> lock(shared_mutex);
  SharedSlot() = std::make_unique<ThreadPool>(std::max(1, threads));
}

}  // namespace assay
