// Runs something in all processes of a group, which are threads here; each joins for itself, as on
// another machine.
#ifndef ASSAY_TESTS_UNIT_WORKER_PARALLEL_GROUP_RUNNER_H_
#define ASSAY_TESTS_UNIT_WORKER_PARALLEL_GROUP_RUNNER_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "worker/parallel/process_group.h"
#include "worker/parallel/tensor_parallel.h"

namespace assay {

// Behind it all processes are connected with all: one that ends then disturbs none that still
// joins.
inline absl::Status JoinAll(ProcessGroup* group) {
  if (absl::Status joined = group->Join(); !joined.ok()) return joined;
  const char mine = 0;
  std::vector<char> all(static_cast<size_t>(group->share().count));
  return group->AllGather(&mine, 1, all.data());
}

inline void InGroup(int64_t count, const std::function<void(TensorParallel*)>& body) {
  auto first = ProcessGroup::Create({.share = {0, count}});
  ASSERT_TRUE(first.ok()) << first.status();
  const int port = (*first)->port();
  std::vector<std::thread> threads;
  for (int64_t i = 1; i < count; ++i) {
    threads.emplace_back([&body, i, count, port] {
      auto group = ProcessGroup::Create({.share = {i, count}, .port = port});
      ASSERT_TRUE(group.ok()) << group.status();
      const absl::Status joined = JoinAll(group->get());
      ASSERT_TRUE(joined.ok()) << joined;
      body(group->get());
    });
  }
  const absl::Status joined = JoinAll(first->get());
  EXPECT_TRUE(joined.ok()) << joined;
  if (joined.ok()) body(first->get());
  first->reset();  // the others end with it
  for (std::thread& thread : threads) thread.join();
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_PARALLEL_GROUP_RUNNER_H_
