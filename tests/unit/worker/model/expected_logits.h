// Logits beside those of a golden file (tests/golden/make_families.py and its like), and beside
// other runs of the same model.
#ifndef ASSAY_TESTS_UNIT_WORKER_MODEL_EXPECTED_LOGITS_H_
#define ASSAY_TESTS_UNIT_WORKER_MODEL_EXPECTED_LOGITS_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "tests/unit/worker/model/model_runner.h"

namespace assay {

// The greatest and the root-mean-square difference of the sequences' logits from the expected ones:
// of the entries and of the logarithm of the softmax's denominator.
inline std::pair<double, double> ErrorsOf(const std::vector<std::vector<Logits>>& logits,
                                          const nlohmann::json& expected) {
  const auto entries = expected["entries"].get<std::vector<size_t>>();
  double greatest = 0, squares = 0;
  int64_t count = 0;
  const auto add = [&](double difference) {
    // Unlike std::max, this lets no NaN pass.
    if (!(std::abs(difference) <= greatest)) greatest = std::abs(difference);
    squares += difference * difference;
    ++count;
  };
  for (size_t i = 0; i < logits.size(); ++i) {
    for (const nlohmann::json& row : expected["sequences"][i]["rows"]) {
      const Logits& got = logits[i][row["position"].get<size_t>()];
      double sum = 0;
      for (const float value : got) sum += std::exp(static_cast<double>(value));
      add(std::log(sum) - row["log_sum_exp"].get<double>());
      for (size_t entry = 0; entry < entries.size(); ++entry) {
        add(static_cast<double>(got[entries[entry]]) - row["logits"][entry].get<double>());
      }
    }
  }
  return {greatest, std::sqrt(squares / static_cast<double>(count))};
}

// Of logits at every position: what greedy decoding takes behind position `first` and each one
// after it but the last.
inline TokenIds GreedyBehind(const std::vector<Logits>& logits, size_t first) {
  TokenIds tokens;
  for (size_t t = first; t + 1 < logits.size(); ++t) {
    tokens.push_back(static_cast<int32_t>(std::max_element(logits[t].begin(), logits[t].end()) -
                                          logits[t].begin()));
  }
  return tokens;
}

inline void ExpectSameBits(const std::vector<Logits>& a, const std::vector<Logits>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].size(), b[i].size());
    ASSERT_EQ(std::memcmp(a[i].data(), b[i].data(), a[i].size() * sizeof(float)), 0)
        << "position " << i;
  }
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_MODEL_EXPECTED_LOGITS_H_
