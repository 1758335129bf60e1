// A fixed set of threads for the loops inside a forward pass, which are many and short: waiting
// threads spin for some microseconds before they sleep.
#ifndef ASSAY_WORKER_LAYERS_THREAD_POOL_H_
#define ASSAY_WORKER_LAYERS_THREAD_POOL_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace assay {

class ThreadPool {
 public:
  // `threads` ≥ 1, the caller's own included. With as many `processors`, each thread is bound to
  // one of them, the caller's to the first.
  explicit ThreadPool(int threads, std::vector<int> processors = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(task) for every task in [0, tasks), each once, in any order and on any thread;
  // returns when all are done. `body` must not throw and must not call ParallelFor. One caller at a
  // time.
  void ParallelFor(int64_t tasks, const std::function<void(int64_t)>& body);

  // The pool that the layers use: made at first use, as SetThreads makes it, with a thread for
  // every processor.
  static ThreadPool& Shared();
  // Replaces it; must not run beside a forward pass. Threads are bound where there is one for every
  // processor that the process may use.
  static void SetThreads(int threads);
  // The same, with the processors that the threads are to be bound to, or with none.
  static void SetThreads(int threads, std::vector<int> processors);

 private:
  void WorkerLoop(size_t index);
  // Binds the calling thread to the processor of this index, or where the pool does not bind them
  // to all that the process may use (a thread inherits its maker's).
  void Pin(size_t index) const;
  void RunTasks();

  const std::vector<int> processors_;  // of each thread; empty: not bound
  const std::function<void(int64_t)>* body_ = nullptr;
  int64_t tasks_ = 0;
  alignas(64) std::atomic<int64_t> next_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};  // of work; a change means that there is some
  alignas(64) std::atomic<int> running_{
      0};  // workers that have not finished the current generation
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_THREAD_POOL_H_
