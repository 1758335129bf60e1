// Runs an encoder-decoder over whole prompts and outputs as the engine does: packed batches,
// several passes, block tables for prompts and outputs.
#ifndef ASSAY_TESTS_UNIT_WORKER_MODEL_PAIR_RUNNER_H_
#define ASSAY_TESTS_UNIT_WORKER_MODEL_PAIR_RUNNER_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tests/unit/worker/model/model_runner.h"
#include "worker/layers/batch.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/kv_pool.h"
#include "worker/model/causal_lm.h"

namespace assay {

struct Pair {
  TokenIds prompt;
  TokenIds output;  // the start token first
};

// Blocks for so many tokens, the last ones of `*end` blocks, which are then fewer.
inline std::vector<int32_t> TakeBlocks(size_t tokens, int32_t* end) {
  std::vector<int32_t> blocks;
  for (size_t i = 0; i < tokens; i += cpu::kBlockTokens) blocks.push_back(--*end);
  return blocks;
}

inline int32_t BlocksFor(const std::vector<Pair>& pairs) {
  size_t blocks = 0;
  for (const Pair& pair : pairs) {
    for (const TokenIds* tokens : {&pair.prompt, &pair.output}) {
      blocks += (tokens->size() + cpu::kBlockTokens - 1) / cpu::kBlockTokens;
    }
  }
  return static_cast<int32_t>(blocks);
}

inline void AddDecoderSlice(const TokenIds& prompt, const std::vector<int32_t>& prompt_blocks,
                            const TokenIds& tokens, int64_t first, int64_t rows,
                            const std::vector<int32_t>& blocks, Batch* batch) {
  AddSlice(tokens, first, rows, blocks, batch);
  batch->slices.back().prompt_blocks = prompt_blocks;
  batch->slices.back().prompt_tokens = static_cast<int64_t>(prompt.size());
}

// The logits of every position of every output. The first pass reads all prompts; each takes the
// next `tokens_a_pass` tokens of each output that has any left.
inline std::vector<std::vector<Logits>> RunPairs(CausalLm& model, const std::vector<Pair>& pairs,
                                                 int64_t tokens_a_pass) {
  int32_t end = BlocksFor(pairs);
  const std::unique_ptr<KvPool> pool = MakePool(model, end);
  Batch batch;
  std::vector<std::vector<int32_t>> prompt_blocks, blocks;
  for (const Pair& pair : pairs) {
    prompt_blocks.push_back(TakeBlocks(pair.prompt.size(), &end));
    blocks.push_back(TakeBlocks(pair.output.size(), &end));
    batch.prompts.push_back({pair.prompt, prompt_blocks.back()});
  }
  std::vector<std::vector<Logits>> result(pairs.size());
  while (true) {
    std::vector<size_t> owners;  // of each row
    for (size_t i = 0; i < pairs.size(); ++i) {
      const int64_t first = static_cast<int64_t>(result[i].size());
      const int64_t left = static_cast<int64_t>(pairs[i].output.size()) - first;
      const int64_t rows = std::min(tokens_a_pass, left);
      if (rows == 0) continue;
      AddDecoderSlice(pairs[i].prompt, prompt_blocks[i], pairs[i].output, first, rows, blocks[i],
                      &batch);
      owners.insert(owners.end(), static_cast<size_t>(rows), i);
    }
    if (owners.empty()) return result;
    std::vector<Logits> rows = RunBatch(model, batch, pool.get());
    if (rows.size() != owners.size()) {
      ADD_FAILURE() << rows.size() << " rows of logits for " << owners.size() << " output rows";
      return result;
    }
    for (size_t i = 0; i < rows.size(); ++i) result[owners[i]].push_back(std::move(rows[i]));
    batch = Batch();
  }
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_MODEL_PAIR_RUNNER_H_
