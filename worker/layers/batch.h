// The tokens of one forward pass: stretches of several sequences, packed without padding.
#ifndef ASSAY_WORKER_LAYERS_BATCH_H_
#define ASSAY_WORKER_LAYERS_BATCH_H_

#include <cstdint>
#include <vector>

namespace assay {

// Consecutive tokens of one sequence. Its earlier tokens are in the blocks already, or come earlier
// in the same batch.
struct BatchSlice {
  int64_t first_row = 0;  // in the batch
  int64_t rows = 0;
  int32_t first_position = 0;   // in the sequence
  std::vector<int32_t> blocks;  // of the sequence, from position 0 to the last of this slice
};

// The first `tokens` tokens of a block, which may be written in this very pass, become those of
// another.
struct BlockCopy {
  int32_t from = 0;
  int32_t to = 0;
  int64_t tokens = 0;
};

// Ways to compute a pass; none changes a result. They are there to measure what each part brings.
struct PassOptions {
  bool share_attention = true;  // sequences' rows stand together over the blocks that they share
  bool rows_through_layers =
      true;                  // else each step of a layer is done for all rows before the next
  bool outputs_only = true;  // the last layer computes only the rows that are asked for
};

struct Batch {
  std::vector<int32_t> token_ids;  // one a row
  std::vector<int32_t> positions;  // one a row
  std::vector<BatchSlice> slices;  // in order of first_row; they cover all rows
  std::vector<BlockCopy>
      copies;  // done in order, after the pass's own tokens are written and before any is read
  // Blocks that belong to a new owner with this pass; cleared before anything is written.
  std::vector<int32_t> fresh_blocks;
  std::vector<int64_t> output_rows;  // rows whose final hidden state is wanted, ascending

  PassOptions options;

  int64_t rows() const { return static_cast<int64_t>(token_ids.size()); }
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_BATCH_H_
