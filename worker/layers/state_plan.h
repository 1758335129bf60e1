// How a pass takes the states of a recurrent model through its rows, the same for every layer.
#ifndef ASSAY_WORKER_LAYERS_STATE_PLAN_H_
#define ASSAY_WORKER_LAYERS_STATE_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "worker/layers/batch.h"

namespace assay {

inline constexpr int32_t kNoBlock = -1;

// Consecutive rows of one sequence whose last state goes to one block, and to further ones.
struct StateSegment {
  int64_t first_row = 0;
  int64_t rows = 0;
  int32_t from = kNoBlock;  // the state before the rows; none: the sequence begins
  int32_t to = kNoBlock;
  std::vector<int32_t> kept = {};  // BatchSlice::snapshots behind the last row
};

// What comes before a row: another row of the pass, else what a block held before the pass, else
// nothing.
struct StateBefore {
  int64_t row = -1;
  int32_t block = kNoBlock;
};

class StatePlan {
 public:
  explicit StatePlan(const Batch& batch);

  // In the order in which they are to be done: a segment begins where an earlier one has left its
  // state.
  const std::vector<StateSegment>& segments() const { return segments_; }
  const StateBefore& before(int64_t row) const { return before_[static_cast<size_t>(row)]; }
  // Of each block that the pass writes, the row behind which its state is, in the end.
  const std::vector<std::pair<int32_t, int64_t>>& written() const { return written_; }

 private:
  void AddSlice(const BatchSlice& slice, int32_t source,
                std::unordered_map<int32_t, int64_t>* last_rows);

  std::vector<StateSegment> segments_;
  std::vector<StateBefore> before_;
  std::vector<std::pair<int32_t, int64_t>> written_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_STATE_PLAN_H_
