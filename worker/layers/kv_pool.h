// The memory of what sequences leave for their next tokens, in blocks of cpu::kBlockTokens tokens:
// the tokens' keys and values, all layers and heads together, or a recurrent model's state.
#ifndef ASSAY_WORKER_LAYERS_KV_POOL_H_
#define ASSAY_WORKER_LAYERS_KV_POOL_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "common/domain/run.h"

namespace assay {

struct KvLayout {
  int64_t layers = 0;
  int64_t kv_heads = 0;
  int64_t head_size = 0;
  Precision precision = Precision::kFloat32;
  // Not 0: of a recurrent model. A block then holds no keys and values (kv_heads, head_size and
  // precision are of no account) but so many float32 values a layer: the state behind the last of
  // the block's tokens that are computed.
  int64_t state_values = 0;

  bool recurrent() const { return state_values > 0; }
  int64_t PartBytes() const;   // keys, or values, of one block, layer and head
  int64_t LayerBytes() const;  // of one block and layer
  int64_t BlockBytes() const;  // of one block
};

// A block holds, by layer and head, keys and then values in the layout of the kernels. Its
// address range is reserved at once; the system gives memory to it when it is first written. Not
// thread-safe, except that different blocks may be written at once.
class KvPool {
 public:
  // As many blocks as fit into `bytes`. ResourceExhausted when not even one does or the range
  // cannot be reserved.
  static absl::StatusOr<std::unique_ptr<KvPool>> Create(const KvLayout& layout, int64_t bytes);
  ~KvPool();
  KvPool(const KvPool&) = delete;
  KvPool& operator=(const KvPool&) = delete;

  const KvLayout& layout() const { return layout_; }
  int32_t blocks() const { return blocks_; }

  // What (layer, head) has of `block`; that of the next block lies BlockBytes further.
  char* Part(int32_t block, int64_t layer, int64_t head) const;
  // Of a recurrent model: [state_values].
  float* State(int32_t block, int64_t layer) const {
    return reinterpret_cast<float*>(Part(block, layer, 0));
  }
  // To be called when a block is given to a new owner: values that are never written must be
  // finite, since they are multiplied by a weight of zero.
  void Clear(int32_t block);
  // Copies the keys and values of the first `tokens` tokens of a block for one layer and head.
  void CopyTokens(int64_t layer, int64_t head, int32_t from, int32_t to, int64_t tokens);

 private:
  KvPool(const KvLayout& layout, int32_t blocks, char* memory, int64_t bytes);

  KvLayout layout_;
  int32_t blocks_;
  char* memory_;
  int64_t bytes_;
};

}  // namespace assay

#endif  // ASSAY_WORKER_LAYERS_KV_POOL_H_
