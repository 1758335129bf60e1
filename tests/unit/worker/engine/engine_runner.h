// Runs requests through an engine of their own, and compares what came of them.
#ifndef ASSAY_TESTS_UNIT_WORKER_ENGINE_ENGINE_RUNNER_H_
#define ASSAY_TESTS_UNIT_WORKER_ENGINE_ENGINE_RUNNER_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "worker/engine/engine.h"
#include "worker/engine/request.h"
#include "worker/model/causal_lm.h"

namespace assay {

// The completions by the requests' ids.
inline std::map<uint64_t, Completion> RunAll(CausalLm* model, const EngineOptions& options,
                                             const std::vector<Request>& requests,
                                             EngineStatistics* statistics = nullptr) {
  const auto engine = Engine::Create(model, options);
  EXPECT_TRUE(engine.ok()) << engine.status();
  for (const Request& request : requests) {
    const absl::Status status = (*engine)->Submit(request);
    EXPECT_TRUE(status.ok()) << status;
  }
  std::vector<Completion> finished;
  int64_t steps = 0;
  while ((*engine)->HasWork() && ++steps < 100000) {
    const absl::Status status = (*engine)->Step(&finished);
    EXPECT_TRUE(status.ok()) << status;
  }
  std::map<uint64_t, Completion> by_id;
  for (Completion& completion : finished) by_id[completion.id] = std::move(completion);
  if (statistics != nullptr) *statistics = (*engine)->statistics();
  return by_id;
}

inline void ExpectSame(const std::map<uint64_t, Completion>& a,
                       const std::map<uint64_t, Completion>& b, const std::string& what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  for (const auto& [id, completion] : a) {
    const Completion& other = b.at(id);
    EXPECT_EQ(completion.token_ids, other.token_ids) << what << ", request " << id;
    EXPECT_EQ(completion.finish_reason, other.finish_reason) << what << ", request " << id;
    // Not nearly: the very same bits.
    EXPECT_EQ(completion.choice_loglikelihoods, other.choice_loglikelihoods)
        << what << ", request " << id;
  }
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_ENGINE_ENGINE_RUNNER_H_
