// The tokens of one forward pass: stretches of several sequences, packed without padding.
#ifndef ASSAY_WORKER_LAYERS_BATCH_H_
#define ASSAY_WORKER_LAYERS_BATCH_H_

#include <cstdint>
#include <vector>

namespace assay {

// Of a recurrent model: the state behind a slice's first `rows` rows is kept in a block as well.
struct StateSnapshot {
  int64_t rows = 0;
  int32_t block = 0;
};

// Consecutive tokens of one sequence. Its earlier tokens are in the blocks already, or come earlier
// in the same batch.
struct BatchSlice {
  int64_t first_row = 0;  // in the batch
  int64_t rows = 0;
  int32_t first_position = 0;   // in the sequence
  std::vector<int32_t> blocks;  // of the sequence, from position 0 to the last of this slice
  // The sequence's first tokens that see one another, not only those before them
  // (CausalLm::BidirectionalPrefix). Those that are not in the blocks yet are all in this slice.
  int64_t prefix = 0;
  std::vector<StateSnapshot> snapshots = {};  // ascending
  // Of an encoder-decoder: the prompt's blocks, in an EncoderPrompt of this pass or an earlier one,
  // and how many tokens it has.
  std::vector<int32_t> prompt_blocks = {};
  int64_t prompt_tokens = 0;
};

// A prompt that an encoder reads, all of it. The keys and values that the decoder's layers see of
// it come into the blocks.
struct EncoderPrompt {
  std::vector<int32_t> token_ids;
  std::vector<int32_t> blocks;
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
  std::vector<int32_t> token_ids;           // one a row
  std::vector<int32_t> positions;           // one a row
  std::vector<BatchSlice> slices;           // in order of first_row; they cover all rows
  std::vector<EncoderPrompt> prompts = {};  // of an encoder-decoder; read before anything else
  std::vector<BlockCopy>
      copies;  // done in order, after the pass's own tokens are written and before any is read
  // Blocks that belong to a new owner with this pass; cleared before anything is written.
  std::vector<int32_t> fresh_blocks;
  std::vector<int64_t> output_rows;  // rows whose final hidden state is wanted, ascending

  PassOptions options;

  int64_t rows() const { return static_cast<int64_t>(token_ids.size()); }
  // With those of the prompts.
  int64_t tokens() const {
    int64_t tokens = rows();
    for (const EncoderPrompt& prompt : prompts) {
      tokens += static_cast<int64_t>(prompt.token_ids.size());
    }
    return tokens;
  }
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_BATCH_H_
