#include "worker/layers/state_plan.h"

#include <algorithm>

#include "worker/layers/cpu/kernels.h"

namespace assay {
namespace {

// The block that has the state before the slice's first row.
int32_t SourceOf(const BatchSlice& slice, const std::vector<BlockCopy>& copies) {
  if (slice.first_position == 0) return kNoBlock;
  const int64_t index = slice.first_position / cpu::kBlockTokens;
  if (slice.first_position % cpu::kBlockTokens == 0) {
    return slice.blocks[static_cast<size_t>(index - 1)];
  }
  const int32_t own = slice.blocks[static_cast<size_t>(index)];
  const auto copy = std::find_if(copies.begin(), copies.end(),
                                 [own](const BlockCopy& copy) { return copy.to == own; });
  return copy == copies.end() ? own : copy->from;
}

}  // namespace

StatePlan::StatePlan(const Batch& batch) {
  before_.resize(static_cast<size_t>(batch.rows()));
  std::unordered_map<int32_t, int64_t> last_rows;
  for (const BatchSlice& slice : batch.slices) {
    AddSlice(slice, SourceOf(slice, batch.copies), &last_rows);
  }
  written_.assign(last_rows.begin(), last_rows.end());
}

void StatePlan::AddSlice(const BatchSlice& slice, int32_t source,
                         std::unordered_map<int32_t, int64_t>* last_rows) {
  for (int64_t i = 0; i < slice.rows; ++i) {
    before_[static_cast<size_t>(slice.first_row + i)].row = slice.first_row + i - 1;
  }
  StateBefore& first = before_[static_cast<size_t>(slice.first_row)];
  const auto earlier = last_rows->find(source);
  first = earlier == last_rows->end() ? StateBefore{-1, source} : StateBefore{earlier->second};
  auto snapshot = slice.snapshots.begin();
  for (int64_t done = 0; done < slice.rows;) {
    const int64_t position = slice.first_position + done;
    StateSegment segment;
    segment.first_row = slice.first_row + done;
    segment.from = source;
    segment.to = slice.blocks[static_cast<size_t>(position / cpu::kBlockTokens)];
    int64_t end = std::min(slice.rows, done + cpu::kBlockTokens - position % cpu::kBlockTokens);
    if (snapshot != slice.snapshots.end()) end = std::min(end, snapshot->rows);
    segment.rows = end - done;
    const int64_t last_row = slice.first_row + end - 1;
    (*last_rows)[segment.to] = last_row;
    for (; snapshot != slice.snapshots.end() && snapshot->rows == end; ++snapshot) {
      segment.kept.push_back(snapshot->block);
      (*last_rows)[snapshot->block] = last_row;
    }
    source = segment.to;
    done = end;
    segments_.push_back(std::move(segment));
  }
}

}  // namespace assay
