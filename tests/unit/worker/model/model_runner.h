// Runs a model over whole sequences as the engine does: packed batches, several passes, a block
// table for each sequence.
#ifndef ASSAY_TESTS_UNIT_WORKER_MODEL_MODEL_RUNNER_H_
#define ASSAY_TESTS_UNIT_WORKER_MODEL_MODEL_RUNNER_H_

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/domain/run.h"
#include "worker/layers/batch.h"
#include "worker/layers/cpu/kernels.h"
#include "worker/layers/kv_pool.h"
#include "worker/model/causal_lm.h"
#include "worker/model/model_family.h"
#include "worker/weights/checkpoint.h"

namespace assay {

using TokenIds = std::vector<int32_t>;
using Logits = std::vector<float>;  // of one position

// Of a folder or GGUF file; a failed test and null where it cannot be loaded.
inline std::unique_ptr<CausalLm> LoadModelFrom(const std::string& path, Precision precision) {
  auto checkpoint = Checkpoint::Open(path);
  if (!checkpoint.ok()) {
    ADD_FAILURE() << checkpoint.status();
    return nullptr;
  }
  auto description = DescribeModel(**checkpoint);
  if (!description.ok()) {
    ADD_FAILURE() << description.status();
    return nullptr;
  }
  auto model = (*description)->Load(**checkpoint, precision);
  if (!model.ok()) {
    ADD_FAILURE() << model.status();
    return nullptr;
  }
  return *std::move(model);
}

inline std::unique_ptr<KvPool> MakePool(const CausalLm& model, int64_t blocks) {
  auto pool = KvPool::Create(model.kv_layout(), blocks * model.kv_layout().BlockBytes());
  EXPECT_TRUE(pool.ok()) << pool.status();
  return *std::move(pool);
}

// The logits of every output row of one pass, in order.
inline std::vector<Logits> RunBatch(CausalLm& model, const Batch& batch, KvPool* pool) {
  const absl::Status status = model.Forward(batch, pool);
  EXPECT_TRUE(status.ok()) << status;
  const int64_t count = static_cast<int64_t>(batch.output_rows.size());
  auto logits = model.Logits(0, count);
  EXPECT_TRUE(logits.ok()) << logits.status();
  std::vector<Logits> rows;
  for (int64_t row = 0; row < count; ++row) {
    const float* values = *logits + row * model.vocabulary_size();
    rows.emplace_back(values, values + model.vocabulary_size());
  }
  return rows;
}

inline int64_t PrefixOf(const CausalLm& model, const TokenIds& tokens) {
  const auto prefix = model.BidirectionalPrefix(tokens);
  EXPECT_TRUE(prefix.ok()) << prefix.status();
  return *prefix;
}

// Appends tokens [first, first + rows) of a sequence whose blocks are `blocks`; all of them are
// outputs.
inline void AddSlice(const TokenIds& tokens, int64_t first, int64_t rows,
                     const std::vector<int32_t>& blocks, Batch* batch, int64_t prefix = 0) {
  const int64_t used = (first + rows + cpu::kBlockTokens - 1) / cpu::kBlockTokens;
  batch->slices.push_back({.first_row = batch->rows(),
                           .rows = rows,
                           .first_position = static_cast<int32_t>(first),
                           .blocks = {blocks.begin(), blocks.begin() + used},
                           .prefix = prefix});
  for (int64_t i = 0; i < rows; ++i) {
    batch->output_rows.push_back(batch->rows());
    batch->token_ids.push_back(tokens[static_cast<size_t>(first + i)]);
    batch->positions.push_back(static_cast<int32_t>(first + i));
  }
}

// The logits of every position of every sequence. Each pass takes the next `tokens_a_pass` tokens
// of each sequence that has any left, but no less than what cannot be cut. The blocks lie in the
// pool in falling order.
inline std::vector<std::vector<Logits>> RunSequences(CausalLm& model,
                                                     const std::vector<TokenIds>& sequences,
                                                     int64_t tokens_a_pass) {
  std::vector<std::vector<int32_t>> tables;
  int32_t blocks = 0;
  for (const TokenIds& tokens : sequences) {
    std::vector<int32_t>& table = tables.emplace_back();
    for (size_t i = 0; i < tokens.size(); i += cpu::kBlockTokens) table.push_back(blocks++);
  }
  for (std::vector<int32_t>& table : tables) {
    for (int32_t& block : table) block = blocks - 1 - block;
  }
  const std::unique_ptr<KvPool> pool = MakePool(model, blocks);

  std::vector<std::vector<Logits>> result(sequences.size());
  while (true) {
    Batch batch;
    std::vector<size_t> owners;  // of each row
    for (size_t i = 0; i < sequences.size(); ++i) {
      const int64_t first = static_cast<int64_t>(result[i].size());
      const int64_t left = static_cast<int64_t>(sequences[i].size()) - first;
      const int64_t prefix = PrefixOf(model, sequences[i]);
      const int64_t rows = std::min(std::max(tokens_a_pass, prefix - first), left);
      if (rows == 0) continue;
      AddSlice(sequences[i], first, rows, tables[i], &batch, prefix);
      owners.insert(owners.end(), static_cast<size_t>(rows), i);
    }
    if (owners.empty()) return result;
    std::vector<Logits> rows = RunBatch(model, batch, pool.get());
    if (rows.size() != owners.size()) {
      ADD_FAILURE() << rows.size() << " rows of logits for " << owners.size() << " output rows";
      return result;
    }
    for (size_t i = 0; i < rows.size(); ++i) result[owners[i]].push_back(std::move(rows[i]));
  }
}

}  // namespace assay

#endif  // ASSAY_TESTS_UNIT_WORKER_MODEL_MODEL_RUNNER_H_
