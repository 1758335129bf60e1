// Which answers are to be judged, by whom and how.
#ifndef ASSAY_COMMON_DOMAIN_JUDGE_REQUEST_H_
#define ASSAY_COMMON_DOMAIN_JUDGE_REQUEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/domain/run_settings.h"

namespace assay {

// What judges are to rate.
struct JudgeCriterion {
  std::string name;    // "relevance"
  std::string rubric;  // empty: ours
};

struct JudgeRequest {
  std::vector<int64_t> runs = {};
  std::vector<int64_t> jobs = {};  // all their runs whose answers can be judged
  // Runs of `jobs` that have failed are left out; otherwise they are an error.
  bool skip_failed = false;
  std::vector<std::string> judges = {};
  std::vector<JudgeCriterion> criteria = {};
  std::string grader = "";    // that reads the replies; empty: each criterion's first
  RunSettings settings = {};  // but for the protocol
  int64_t shard_items = 0;    // 0: the planner decides
  bool reuse = true;          // of what earlier runs have computed
};

}  // namespace assay

#endif  // ASSAY_COMMON_DOMAIN_JUDGE_REQUEST_H_
